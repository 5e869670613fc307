import { plantedFaults } from '@mnemesh/testing';
import { describe, expect, test } from 'vitest';
import { runSeeds } from './runs.js';

/** Seeds within which a planted fault must be caught. Most are within the first ten. */
const SEEDS = 500;

// Each runs in a process of its own, as many at a time as `maxConcurrency` allows.
describe.concurrent('a fault planted in the shipped code is caught by the simulation', () => {
  test.each(Object.keys(plantedFaults))('%s', { timeout: 20 * 60_000 }, async (name) => {
    const { failed } = await runSeeds(['--plant', name, '--seeds', `${SEEDS}`, '--until-failure']);
    expect(failed).toHaveLength(1);
  });
});
