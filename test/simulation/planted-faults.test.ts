import { plantedFaults } from '@mnemesh/testing';
import { describe, expect, test } from 'vitest';
import { runSeeds } from './runs.js';

/** Seeds, counted from the first, within which a planted fault must be caught. */
const SEEDS = 500;

/**
 * The first seeds that caught those which the first few do not: where to begin, so that a run takes minutes. When
 * the code changes, so do the worlds; then a later seed catches it.
 */
const firstCaught: Readonly<Record<string, number>> = {
  'tombstone-lets-go-of-the-chain': 15,
  'ack-before-flush': 4,
  'compaction-deletes-first': 9,
  'backfill-resumes-at-the-wrong-segment': 294,
  'merging-reorders': 18,
  'compaction-races-a-push': 36,
  'unload-races-a-load': 12,
};

// Each runs in a process of its own, as many at a time as `maxConcurrency` allows.
describe.concurrent('a fault planted in the shipped code is caught by the simulation', () => {
  test.each(Object.keys(plantedFaults))('%s', { timeout: 20 * 60_000 }, async (name) => {
    const from = firstCaught[name] ?? 1;
    const { failed } = await runSeeds([
      ...['--plant', name, '--from', `${from}`],
      ...['--seeds', `${SEEDS - from + 1}`, '--until-failure'],
    ]);
    expect(failed).toHaveLength(1);
  });
});
