import { expect, it } from 'vitest';
import { slowReaderSteps } from '../src/scenarios/slow-reader-load.js';
import { worldWithRelay } from './world-with-relay.js';

const BEATING = { values: 3, everyMs: 20, bytes: 100 };

it('a reader that was slow catches up, so that the others can be measured without one', async () => {
  const { world } = await worldWithRelay('s10');
  const steps = slowReaderSteps(world);
  await steps.connect(4);
  await steps.stopReading();
  const beside = await steps.beat({ ...BEATING, run: 'beside' });
  expect(beside.missing).toBe(0);
  expect(await steps.readAgain(30_000)).toBe(true);
  const without = await steps.beat({ ...BEATING, run: 'without' });
  expect(without.missing).toBe(0);
});
