import { SeededRandom } from '@mnemesh/testing';
import { describe, expect, test } from 'vitest';
import { startReplica, temporaryDirectory } from '../integration/place.js';
import { broken, describeBroken } from './claims.js';
import { brokenInTheEnd } from './held-by-mesh.js';
import { crashKills, crashSeed, moment, randomPlan } from './plans.js';
import { readRelayLog } from './relay-log.js';
import { freePort, RelayUnderFire } from './relay-place.js';

const WRITERS = ['planner', 'researcher', 'reviewer'];
/** Steps of each writer from one kill to the next: more than it gets done before the kill. */
const STEPS = 10;
/** Acks from the first step to the kill, at most: fewer than the steps bring, and several groups. */
const ACKS = 20;
/** Milliseconds from the last of these acks to the kill, at most: every moment of one group or compaction. */
const AFTER_ACK_MS = 50;
/** Milliseconds within which a starting relay is killed, at most: a little over what a start takes. */
const STARTING_MS = 300;
/** How often the relay is killed once more while it starts. */
const KILLED_WHILE_STARTING = 0.3;
const TIMEOUT_MS = 240_000;

/** What the disk of a killed relay lacks of the writes whose writers were told that they are durable. */
async function brokenOnDisk(place: RelayUnderFire): Promise<readonly string[]> {
  const log = await readRelayLog(place.directory);
  expect(log.integrity).toBe('ok');
  return describeBroken(broken(place.acked.standing, log.holding), log.holding);
}

async function brokenForFreshReader(place: RelayUnderFire): Promise<readonly string[]> {
  const reader = await startReplica(await temporaryDirectory(), 'reader', place.url);
  try {
    const broken = await brokenInTheEnd(reader, place.acked);
    return broken.length === 0 ? [] : [...broken, JSON.stringify(reader.status)];
  } finally {
    await reader.close();
  }
}

async function killWhileStarting(place: RelayUnderFire, afterMs: number): Promise<void> {
  place.spawn();
  await moment(afterMs);
  await place.kill();
  expect(await brokenOnDisk(place), 'on disk after a kill while starting').toEqual([]);
}

describe('a relay that is killed with -9', () => {
  const name = `loses no acked write in ${crashKills} kills at random moments [ND] [CP] (seed ${crashSeed})`;
  test(name, { timeout: TIMEOUT_MS }, async () => {
    const random = new SeededRandom(crashSeed).fork('relay');
    const place = new RelayUnderFire(await temporaryDirectory(), await freePort(random));
    await place.spawn().reported('listening');
    for (const writer of WRITERS)
      await place.addWriter(writer, randomPlan(random.fork(writer), ['saved', 'acked']));

    let killedAmidWrites = 0;
    for (let kill = 1; kill <= crashKills; kill++) {
      const acked = place.nextAcks(random.between(1, ACKS));
      place.letWrite(STEPS);
      await acked;
      await moment(random.int(AFTER_ACK_MS));
      await place.kill();
      if ((await place.unlinked()) > 0) killedAmidWrites++;
      expect(await brokenOnDisk(place), `on disk after kill ${kill}`).toEqual([]);
      if (random.chance(KILLED_WHILE_STARTING)) {
        await killWhileStarting(place, random.int(STARTING_MS));
      }
      await place.spawn().reported('listening');
      expect(await brokenForFreshReader(place), `read afresh after kill ${kill}`).toEqual([]);
    }
    await place.finish();
    expect(await brokenForFreshReader(place), 'read afresh in the end').toEqual([]);
    await place.kill();
    expect(await brokenOnDisk(place), 'on disk in the end').toEqual([]);
    expect((await readRelayLog(place.directory)).folded).toBeGreaterThan(0);
    // A relay that was idle whenever it died would have shown nothing.
    expect(killedAmidWrites).toBeGreaterThanOrEqual(crashKills / 2);
    expect(place.acked.made).toBeGreaterThan(10 * crashKills);
  });

  test('is found out when it acks before it commits', { timeout: TIMEOUT_MS }, async () => {
    const random = new SeededRandom(crashSeed).fork('early');
    const directory = await temporaryDirectory();
    const place = new RelayUnderFire(directory, await freePort(random), { ackEarlyMs: 10_000 });
    await place.spawn().reported('listening');
    await place.addWriter('planner', [{ kind: 'create', count: 1, bytes: 40, until: 'acked' }]);
    const acked = place.nextAcks(1);
    place.letWrite(STEPS);
    await acked;
    await place.kill();
    await place.unlinked();
    expect(await brokenOnDisk(place)).not.toEqual([]);
  });
});
