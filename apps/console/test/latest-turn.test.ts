import { expect, test } from 'vitest';
import { LatestTurn, Overtaken } from '../src/app/data/latest-turn.js';

test('what was asked while another question was on its way is left out, but for the latest', async () => {
  const turn = new LatestTurn();
  const begun: string[] = [];
  let finish = (): void => undefined;
  const ask = (name: string): Promise<string> =>
    turn.run(async () => {
      begun.push(name);
      if (name === 'f') await new Promise<void>((resolve) => (finish = resolve));
      return name;
    });
  const first = ask('f');
  await Promise.resolve();
  const [second, third] = [ask('fe'), ask('fer')];
  await expect.poll(() => begun).toEqual(['f']);
  finish();
  expect(await first).toBe('f');
  await expect(second).rejects.toThrow(Overtaken);
  expect(await third).toBe('fer');
  expect(begun).toEqual(['f', 'fer']);
});

test('a question that was refused does not hold up the next', async () => {
  const turn = new LatestTurn();
  await expect(turn.run(() => Promise.reject(new Error('refused')))).rejects.toThrow('refused');
  expect(await turn.run(async () => 1)).toBe(1);
});
