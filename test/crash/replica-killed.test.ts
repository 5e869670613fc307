import { cpSync } from 'node:fs';
import { join } from 'node:path';
import type { Mesh } from '@mnemesh/core';
import { openDatabase } from '@mnemesh/sqlite';
import { SeededRandom } from '@mnemesh/testing';
import { describe, expect, test } from 'vitest';
import { startRelay, startReplica, temporaryDirectory } from '../integration/place.js';
import type { Claim, WriterPlace } from '../processes/messages.js';
import { Child } from './child.js';
import { Claims } from './claims.js';
import { brokenIn, brokenInTheEnd } from './held-by-mesh.js';
import { crashKills, crashSeed, moment, randomPlan } from './plans.js';

/** Steps of the writer from its start to the kill: more than it gets done. */
const STEPS = 60;
/** Saves from its start to the kill, at most: fewer than the steps bring, and a fold or two. */
const SAVES = 40;
/** Milliseconds from the last of these saves to the kill, at most: every moment of a few commits. */
const AFTER_SAVE_MS = 50;
/** Milliseconds within which an opening replica is killed, at most: a little over what that takes. */
const OPENING_MS = 400;
/** How often the replica is killed once more while it opens. */
const KILLED_WHILE_OPENING = 0.3;
/** Items that another replica writes between two kills, so that the one that dies is also receiving. */
const FROM_PEER = 5;
const TIMEOUT_MS = 240_000;

/** One replica whose process dies again and again, linked to a relay that lives. */
class ReplicaUnderFire {
  readonly saved = new Claims();
  /** Documents whose log was folded into a snapshot, as of the last look at the disk. */
  folded = 0;
  readonly #place: WriterPlace;
  #process: Child | undefined;
  #onSave: () => void = () => undefined;

  constructor(place: WriterPlace) {
    this.#place = place;
  }

  open(): Child {
    this.#process = Child.start({
      entry: 'writer',
      place: this.#place,
      onReport: (report) => {
        if (report.kind !== 'saved') return;
        this.saved.add(report.claims);
        this.#onSave();
      },
    });
    return this.#process;
  }

  /** Resolves when it has reported so many saved writes more. */
  nextSaves(count: number): Promise<void> {
    const enough = this.saved.made + count;
    return new Promise((resolve) => {
      this.#onSave = () => {
        if (this.saved.made >= enough) resolve();
      };
    });
  }

  async kill(): Promise<void> {
    await this.#process?.kill();
  }

  async checkDisk(when: string): Promise<void> {
    expect(await this.brokenOnDisk(when), when).toEqual([]);
  }

  /** What the dead process left. Looked at in copies: healing the original is its own task. */
  async brokenOnDisk(when: string): Promise<readonly string[]> {
    const copy = await temporaryDirectory();
    cpSync(this.#place.directory, copy, { recursive: true });
    const database = openDatabase(join(copy, 'team', 'replica.db'));
    expect(database.pragma('integrity_check'), when).toBe('ok');
    const snapshots = database.prepare('SELECT count(*) AS n FROM snapshots').get<{ n: number }>();
    this.folded = snapshots?.n ?? 0;
    database.close();

    const opened = await temporaryDirectory();
    cpSync(this.#place.directory, opened, { recursive: true });
    const mesh = await startReplica(opened, 'looker');
    expect(mesh.status, when).toMatchObject({ damaged: 0, unverified: 0, storeError: undefined });
    const broken = await brokenIn(mesh, this.saved.standing);
    await mesh.close();
    return broken;
  }
}

/** Writes as somebody else. @returns what everybody must then come to hold */
function writeAsPeer(peer: Mesh, kill: number): Promise<readonly Claim[]> {
  return Promise.all(
    Array.from({ length: FROM_PEER }, async (_, n) => {
      const content = `peer ${kill}.${n}`;
      const { id } = await peer.memory.create({ content });
      return { kind: 'content', id, content } as const;
    }),
  );
}

describe('a replica that is killed with -9', () => {
  const name = `loses no saved write in ${crashKills} kills at random moments, and goes on [ND] [CP] [CV] (seed ${crashSeed})`;
  test(name, { timeout: TIMEOUT_MS }, async () => {
    const random = new SeededRandom(crashSeed).fork('replica');
    const relay = await startRelay(await temporaryDirectory());
    const peer = await startReplica(await temporaryDirectory(), 'peer', relay.url);
    const everything = new Claims();
    const directory = await temporaryDirectory();
    const place: WriterPlace = {
      directory,
      name: 'mortal',
      agentSeed: '5a'.repeat(32),
      url: relay.url,
      plan: randomPlan(random, ['saved', 'saved', 'acked']),
    };
    const mortal = new ReplicaUnderFire(place);

    for (let kill = 1; kill <= crashKills; kill++) {
      const saved = mortal.nextSaves(random.between(1, SAVES));
      mortal.open().order({ kind: 'steps', count: STEPS });
      await saved;
      everything.add(await writeAsPeer(peer, kill));
      await moment(random.int(AFTER_SAVE_MS));
      await mortal.kill();
      await mortal.checkDisk(`after kill ${kill}`);
      if (random.chance(KILLED_WHILE_OPENING)) {
        mortal.open();
        await moment(random.int(OPENING_MS));
        await mortal.kill();
        await mortal.checkDisk(`after a kill while opening, ${kill}`);
      }
    }
    const reopened = mortal.open();
    await reopened.ask({ kind: 'stop' }, 'stopped');
    await reopened.close();
    await mortal.checkDisk('in the end');
    everything.add(mortal.saved.standing);

    const reader = await startReplica(await temporaryDirectory(), 'reader', relay.url);
    expect(await brokenInTheEnd(reader, everything), 'read afresh').toEqual([]);
    expect(await brokenInTheEnd(peer, everything), 'at the peer').toEqual([]);
    const itself = await startReplica(directory, 'mortal', relay.url);
    expect(await brokenInTheEnd(itself, everything), 'at the replica itself').toEqual([]);
    // A writer that did little between two kills would have shown nothing.
    expect(mortal.saved.made).toBeGreaterThan(10 * crashKills);
    expect(mortal.folded).toBeGreaterThan(0);
  });

  test('is found out when it calls a write saved before it is', {
    timeout: TIMEOUT_MS,
  }, async () => {
    const mortal = new ReplicaUnderFire({
      directory: await temporaryDirectory(),
      name: 'mortal',
      agentSeed: '5a'.repeat(32),
      plan: [{ kind: 'create', count: 1, bytes: 40, until: 'saved' }],
      saveEarlyMs: 10_000,
    });
    const saved = mortal.nextSaves(1);
    mortal.open().order({ kind: 'steps', count: 1 });
    await saved;
    await mortal.kill();
    expect(await mortal.brokenOnDisk('after the kill')).not.toEqual([]);
  });
});
