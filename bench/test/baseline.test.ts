import { describe, expect, it } from 'vitest';
import {
  type Baseline,
  baselineOf,
  type Checked,
  regressions,
  unmeasured,
} from '../src/report/baseline.js';
import { type ScenarioResult, subjectResult } from '../src/report/results.js';
import { scenarios } from '../src/scenarios/index.js';
import type { Measured } from '../src/scenarios/scenario.js';
import type { SubjectName } from '../src/subjects/subject.js';

describe('a figure that varies, as a ratio to a peer', () => {
  const of = (ours: readonly number[]): Baseline =>
    measured('s1', {
      mnemesh: ours.map((ms) => ({ ms })),
      hocuspocus: ours.map(() => ({ ms: 100 })),
    });

  it('is compared in each repetition', () => {
    expect(of([50, 60, 100])).toEqual({
      's1 mnemesh ms / hocuspocus': { median: 0.6, min: 0.5, max: 1 },
    });
  });

  it('is worse when even its best repetition is worse than the worst one before', () => {
    expect(worse(of([50, 60, 70]), of([90, 95, 99]))).toEqual(['s1 mnemesh ms / hocuspocus']);
  });

  it('is not worse while the ranges touch, nor by less than a fifth', () => {
    expect(worse(of([50, 60, 95]), of([90, 95, 99]))).toEqual([]);
    expect(worse(of([90, 91, 92]), of([93, 94, 95]))).toEqual([]);
  });

  it('may be one of which more is better', () => {
    const rate = (values: readonly number[]): Baseline =>
      measured('s7', {
        mnemesh: values.map((updates_per_s) => ({ updates_per_s })),
        yws: values.map(() => ({ updates_per_s: 100 })),
      });
    expect(worse(rate([200, 210, 220]), rate([100, 110, 120]))).toHaveLength(1);
    expect(worse(rate([100, 110, 120]), rate([200, 210, 220]))).toEqual([]);
  });
});

describe('a figure that the same code gives every time', () => {
  const lost = (values: readonly number[]): Baseline =>
    measured('s6', { mnemesh: values.map((each) => ({ lost: each })) });

  it('is worse by one lost write in one repetition', () => {
    expect(worse(lost([0, 0, 0]), lost([0, 0, 1]))).toEqual(['s6 mnemesh lost']);
    expect(worse(lost([0, 0, 0]), lost([0, 0, 0]))).toEqual([]);
  });

  it('is worse by one socket more', () => {
    const sockets = (values: readonly number[]): Baseline =>
      measured('s2', { 'mnemesh-mesh': values.map((each) => ({ sockets: each })) });
    expect(worse(sockets([2, 2, 2]), sockets([2, 2, 3]))).toEqual(['s2 mnemesh-mesh sockets']);
  });

  it('is worse by more than a hundredth of the bundle', () => {
    const bundle = (gzip: number): Baseline => measured('s11', { 'mnemesh-mesh': [{ gzip }] });
    expect(worse(bundle(100), bundle(100.9))).toEqual([]);
    expect(worse(bundle(100), bundle(101.1))).toEqual(['s11 mnemesh-mesh gzip']);
  });
});

it('a figure that never was more than nothing is worse as soon as it is', () => {
  const timers = (values: readonly number[]): Baseline =>
    measured('s5', { mnemesh: values.map((each) => ({ timers_per_document: each })) });
  expect(worse(timers([0, 0, 0]), timers([0, 0, 0.5]))).toEqual(['s5 mnemesh timers_per_document']);
});

describe('what was not measured', () => {
  const before = measured('s6', { mnemesh: [{ lost: 0 }] });

  it('is a run of ours that failed', () => {
    const results = [resultOf('s6', { mnemesh: [{ lost: 0 }, 'It broke.\nMore of it.'] })];
    const now = baselineOf(results, scenarios);
    expect(unmeasured(before, now, results)).toEqual(['s6 mnemesh: It broke.']);
  });

  it('is a figure of the baseline that is gone', () => {
    const results = [resultOf('s6', { mnemesh: [{}] })];
    expect(unmeasured(before, {}, results)).toEqual(['s6 mnemesh lost']);
  });

  it('is neither a scenario that did not run, nor a ratio to a peer that did not', () => {
    const ratio = measured('s1', { mnemesh: [{ ms: 1 }], hocuspocus: [{ ms: 1 }] });
    const alone = [resultOf('s1', { mnemesh: [{ ms: 1 }] })];
    expect(unmeasured({ ...before, ...ratio }, {}, alone)).toEqual([]);
  });
});

type Runs = Partial<Record<SubjectName, readonly (Measured | string)[]>>;

function measured(scenario: ScenarioResult['scenario'], runs: Runs): Baseline {
  return baselineOf([resultOf(scenario, runs)], scenarios);
}

function resultOf(scenario: ScenarioResult['scenario'], runs: Runs): ScenarioResult {
  const subjects = Object.entries(runs).map(([name, all]) =>
    subjectResult(
      name as SubjectName,
      [],
      all.map((run) => (typeof run === 'string' ? { failed: run } : { measured: run })),
    ),
  );
  return { scenario, subjects };
}

function worse(before: Baseline, now: Baseline, checked: readonly Checked[] = scenarios) {
  return regressions(before, now, checked).map(({ figure }) => figure);
}
