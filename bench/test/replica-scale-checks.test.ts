import { expect, it } from 'vitest';
import { summariesOf } from '../src/measure/summary.js';
import { replicaScaleChecks } from '../src/replica-scale/index.js';
import type { Opening } from '../src/replica-scale/opening-process.js';
import { defaultShape } from '../src/replica-scale/shape.js';
import { baselineOf, regressions } from '../src/report/baseline.js';

it('a replica that opens slower the more it holds is a regression, on whatever machine', () => {
  const before = figuresOf([100, 110, 120], [100, 115, 130]);
  const slowerMachine = figuresOf([1_000, 1_100, 1_200], [1_000, 1_150, 1_300]);
  const followsSize = figuresOf([100, 110, 120], [300, 310, 350]);

  expect(before.baseline['s9 mnemesh-mesh total_100000_in_100']?.min).toBe(1);
  const worseThan = (now: typeof before): readonly string[] =>
    regressions(before.baseline, now.baseline, [now.checked]).map(({ figure }) => figure);
  expect(worseThan(slowerMachine)).toEqual([]);
  expect(worseThan(followsSize)).toEqual(['s9 mnemesh-mesh total_100000_in_100']);
});

/** Milliseconds to open 1,000 and 100,000 records, in each repetition. */
function figuresOf(small: readonly number[], large: readonly number[]) {
  const sizes = [
    { records: 1_000, times: small },
    { records: 100_000, times: large },
  ].map(({ records, times }) => ({
    records,
    shape: defaultShape,
    authoredPerSecond: undefined,
    signingShare: undefined,
    diskMb: 1,
    runs: times.map(opening),
    opening: summariesOf(times.map(opening)),
  }));
  const { checked, result } = replicaScaleChecks({ sizes, deliveries: [] });
  return { checked, baseline: baselineOf([result], [checked]) };
}

function opening(totalMs: number): Opening {
  const same = { openMs: 1, newestMs: 1, recallMs: 1, oldestMs: 1, firstWriteMs: 1, totalCpuMs: 1 };
  const memory = { rssMb: 1, liveMb: 1, rssAfterMb: 1, liveAfterMb: 1 };
  const steady = { writeMs: 1, writeToReadMs: 1, commonRecallMs: 1, countMs: 1 };
  return { ...same, ...memory, ...steady, totalMs };
}
