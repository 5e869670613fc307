import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ReplicaStore, StoreBatch } from '@mnemesh/core';
import { hasCode, type Incarnation } from '@mnemesh/protocol';
import { SeededRandom } from '@mnemesh/testing';
import { describe, expect, it } from 'vitest';
import { bytes, envelopeOf, guidOf, Place, recordOf, segmentBatch, text } from './fixtures.js';

const place = new Place();
const segments = Array.from({ length: 60 }, (_, n) => `${n + 1}`);
const cursor = { incarnation: 'ab'.repeat(16) as Incarnation, number: 9, subscription: '**' };
const SEEDS = Number(process.env.FLIP_SEEDS ?? 25);

function withSnapshot(segment: string): StoreBatch {
  const snapshot = { guid: guidOf(segment), snapshot: bytes(`state of ${segment}`), through: 0 };
  return { ...segmentBatch(segment), snapshots: [snapshot] };
}

/** Checks all that can be read against what was written. @returns whether anything was missing */
async function compare(store: ReplicaStore, segment: string): Promise<boolean> {
  const guid = guidOf(segment);
  const document = await store.document(guid);
  const expected = [`first update of ${segment}`, `second update of ${segment}`];
  const log = document?.log.map(({ update }) => text(update)) ?? [];
  for (const update of log) expect(expected).toContain(update);
  if (document?.snapshot !== undefined) expect(text(document.snapshot)).toBe(`state of ${segment}`);
  const envelopes = await store.envelopesOf(guid);
  for (const envelope of envelopes) expect(envelope).toEqual(envelopeOf(segment));
  const record = await store.record(recordOf(segment).namespace, recordOf(segment).id);
  if (record !== undefined) expect(record).toEqual(recordOf(segment));
  return (
    log.length < 2 ||
    document?.snapshot === undefined ||
    envelopes.length === 0 ||
    record === undefined
  );
}

/** What is missing must be noticed: its document is damaged, or unknown and then no cursor claims it. */
async function checkStore(store: ReplicaStore): Promise<number> {
  const missing: string[] = [];
  for (const segment of segments) if (await compare(store, segment)) missing.push(guidOf(segment));
  const damaged = new Set<string>(store.damaged.map(({ guid }) => guid));
  const sync = await store.syncState();
  const known = new Set<string>((await store.documents()).map(({ guid }) => guid));
  for (const guid of missing) {
    expect(damaged.has(guid) || (!known.has(guid) && sync.cursor === undefined)).toBe(true);
  }
  if (sync.cursor !== undefined) expect(sync.cursor).toEqual(cursor);
  return missing.length;
}

/** Opens the store; one that turns out to be damaged while it is read is closed and opened again, as its error says. */
async function openAndCheck(again = true): Promise<number> {
  const store = await place.open();
  try {
    return await checkStore(store);
  } catch (error) {
    if (!again || !hasCode(error, 'store_failed')) throw error;
    await store.close();
    return await openAndCheck(false);
  } finally {
    await store.close();
  }
}

describe('a store in whose file some bytes were flipped', () => {
  it(`opens, shows only what was written, and reports what is missing (${SEEDS} seeds)`, {
    timeout: 600_000,
  }, async () => {
    await place.filled(...segments.map(withSnapshot), { cursor });
    const original = readFileSync(place.file);
    const root = place.directory;
    let lossy = 0;
    for (let seed = 1; seed <= SEEDS; seed++) {
      const random = new SeededRandom(`flip ${seed}`);
      const flipped = new Uint8Array(original);
      const count = 1 + random.int(4);
      for (let i = 0; i < count; i++) {
        const at = random.int(flipped.length);
        flipped[at] = (flipped[at] as number) ^ (1 + random.int(255));
      }
      place.directory = join(root, `seed-${seed}`);
      mkdirSync(dirname(place.file), { recursive: true });
      writeFileSync(place.file, flipped);
      try {
        if ((await openAndCheck()) > 0) lossy++;
      } catch (error) {
        throw new Error(`seed ${seed}`, { cause: error });
      }
    }
    place.directory = root;
    expect(lossy).toBeGreaterThan(0);
  });
});
