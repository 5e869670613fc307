import { expect, it } from 'vitest';
import { runOnce } from '../src/run.js';
import type { Run, Scenario } from '../src/scenarios/scenario.js';
import { subjects } from '../src/subjects/subject.js';

it('a run that was given up starts no server and no load afterwards', async () => {
  let run: Run | undefined;
  let giveUp = (): void => undefined;
  const scenario: Scenario = {
    name: 's1',
    title: 'never done',
    subjects: ['mnemesh'],
    columns: [],
    measure(begun) {
      run = begun;
      return new Promise((resolve) => {
        giveUp = () => resolve({});
      });
    },
  };
  const outcome = await runOnce(scenario, subjects.mnemesh, 1, 1);

  expect(outcome).toEqual({ failed: 'Not done after 0.001 seconds.' });
  await expect(run?.startServer()).rejects.toThrow('This run has ended');
  expect(() => run?.startLoad()).toThrow('This run has ended');
  giveUp();
});
