import { existsSync } from 'node:fs';
import type { StoreBatch } from '@mnemesh/core';
import type { Incarnation } from '@mnemesh/protocol';
import { describe, expect, it } from 'vitest';
import {
  bytes,
  envelopeOf,
  guidOf,
  namespace,
  Place,
  recordOf,
  segmentBatch,
  text,
} from './fixtures.js';

const place = new Place();
const segments = ['1', '2', '3'] as const;
const cursor = { incarnation: 'ab'.repeat(16) as Incarnation, number: 9, subscription: '**' };
const synced: StoreBatch = { cursor, known: [{ guid: guidOf('1'), state: bytes('state') }] };

/** Changes rows behind the store's back, as a failing disk would: their checksums no longer fit. */
function flip(sql: string): void {
  const database = place.connect();
  expect(database.prepare(sql).run().changes).toBeGreaterThan(0);
  database.close();
}

function quarantined(): readonly unknown[] {
  const database = place.connect();
  const rows = database.prepare('SELECT found_in, reason, bytes FROM quarantine').all();
  database.close();
  return rows;
}

const fill = () => place.filled(...segments.map(segmentBatch), synced);
const damagedGuids = (store: { damaged: readonly { guid: string }[] }) =>
  store.damaged.map(({ guid }) => guid);

describe('a damaged row', () => {
  it('of a log is kept aside and reported; the rest of the store loads', async () => {
    await fill();
    flip("UPDATE updates SET bytes = CAST('flipped' AS BLOB) WHERE number = 3");
    const store = await place.open();
    expect(store.damaged).toEqual([{ guid: guidOf('2'), rows: 1 }]);
    const log = (await store.document(guidOf('2')))?.log.map(({ update }) => text(update));
    expect(log).toEqual(['second update of 2']);
    expect((await store.document(guidOf('1')))?.log).toHaveLength(2);
    expect((await store.syncState()).cursor).toEqual(cursor);
    expect(quarantined()).toEqual([{ found_in: 'updates', reason: 'checksum', bytes: null }]);
  });

  it('of a snapshot leaves what is still in the log', async () => {
    await fill();
    const guid = guidOf('1');
    await place.filled({
      snapshots: [{ guid, snapshot: bytes('a state '.repeat(100)), through: 1 }],
    });
    flip('UPDATE snapshots SET bytes = substr(bytes, 2)');
    const store = await place.open();
    expect(damagedGuids(store)).toEqual([guid]);
    expect(await store.document(guid)).toMatchObject({
      snapshot: undefined,
      snapshotThrough: 0,
      updates: 2,
    });
  });

  it.each([
    ['an envelope', "UPDATE envelopes SET clock = 77 WHERE id = '2.A'"],
    ['a commit', "UPDATE commits SET bytes = CAST('forged' AS BLOB) WHERE number = 2"],
    ['the version of an envelope', "UPDATE envelopes SET version = zeroblob(32) WHERE id = '2.A'"],
  ])('of %s takes no other envelope along', async (_name, sql) => {
    await fill();
    flip(sql);
    const store = await place.open();
    expect(damagedGuids(store)).toEqual([guidOf('2')]);
    expect(await store.envelopesOf(guidOf('2'))).toEqual([]);
    expect(await store.envelopesOf(guidOf('3'))).toEqual([envelopeOf('3')]);
  });

  it('of a record is never shown, and a query is filled from the others', async () => {
    await fill();
    flip("UPDATE records SET view = '{}' WHERE id = '3.A'");
    const store = await place.open();
    expect(damagedGuids(store)).toEqual([guidOf('3')]);
    expect(await store.query({ limit: 2 })).toEqual([recordOf('2'), recordOf('1')]);
  });

  it('that names a document is restored from the records of that document, and everything is synced anew', async () => {
    await fill();
    flip("UPDATE documents SET guid = 'garbage' WHERE number = 2");
    const store = await place.open();
    expect(damagedGuids(store)).toEqual([guidOf('2')]);
    expect((await store.document(guidOf('2')))?.log).toHaveLength(2);
    expect(await store.envelopesOf(guidOf('2'))).toEqual([envelopeOf('2')]);
    expect((await store.syncState()).cursor).toBeUndefined();
    expect((await store.documents()).every(({ unacked }) => unacked)).toBe(true);
  });

  it.each([
    ['the cursor', 'UPDATE cursor SET number = 10'],
    ['a known state', "UPDATE known SET state = CAST('more' AS BLOB)"],
  ])(
    'of %s voids the whole sync state, since a wrong one would lose writes',
    async (_name, sql) => {
      await fill();
      flip(sql);
      const store = await place.open();
      expect(await store.syncState()).toEqual({ cursor: undefined, known: new Map(), awaited: [] });
      expect((await store.documents()).map(({ unacked }) => unacked)).toEqual([true, true, true]);
    },
  );

  it('of the identity makes the store another replica, which never continues as the former', async () => {
    const first = await place.open();
    const former = first.opened.replica;
    await first.close();
    flip('UPDATE identity SET counter = 40');
    const store = await place.open();
    expect(store.opened.replica).not.toBe(former);
    expect(store.opened.counter).toBe(1);
  });

  it.each([
    ['another document', 3],
    ['no document', 99],
  ])('whose owner was changed to %s is reported for its true owner', async (_name, owner) => {
    await fill();
    flip(`UPDATE envelopes SET document = ${owner} WHERE document = 2`);
    const store = await place.open();
    expect(damagedGuids(store)).toContain(guidOf('2'));
    expect(await store.envelopesOf(guidOf('3'))).toEqual([envelopeOf('3')]);
  });

  it('that tells nothing of its owner makes every document suspect', async () => {
    await fill();
    flip(
      'UPDATE updates SET document = 98, checksum = checksum + 99 * 4294967296 WHERE number = 3',
    );
    const store = await place.open();
    expect(damagedGuids(store)).toEqual(segments.map(guidOf));
    expect((await store.syncState()).cursor).toBeUndefined();
  });

  it('stays reported over openings, until it is repaired', async () => {
    await fill();
    flip('UPDATE updates SET size = size + 1 WHERE number <= 2');
    await (await place.open()).close();
    const store = await place.open();
    expect(store.damaged).toEqual([{ guid: guidOf('1'), rows: 2 }]);
    await store.commit({ repaired: [guidOf('1')] });
    expect(store.damaged).toEqual([]);
    await store.close();
    expect((await place.open()).damaged).toEqual([]);
  });
});

describe('damage that appears while the store is open', () => {
  it.each([
    ['an update', 'UPDATE updates SET bytes = zeroblob(5) WHERE document = 2'],
    ['an envelope', "UPDATE envelopes SET field = 'other' WHERE document = 2"],
    ['a commit', 'UPDATE commits SET bytes = zeroblob(5) WHERE number = 2'],
    ['a record', "UPDATE records SET view = 'other' WHERE document = 2"],
  ])('is found when %s is read', async (_name, sql) => {
    const store = await place.open();
    for (const segment of segments) await store.commit(segmentBatch(segment));
    flip(sql);
    expect(store.damaged).toEqual([]);
    for (const segment of segments) {
      await store.document(guidOf(segment));
      await store.envelopes(namespace, [recordOf(segment).id]);
      await store.record(namespace, recordOf(segment).id);
    }
    expect(damagedGuids(store)).toEqual([guidOf('2')]);
  });

  it('and that cannot be read at all fails the read, and is repaired by the next opening', async () => {
    const store = await place.open();
    for (const segment of segments) await store.commit(segmentBatch(segment));
    flip('UPDATE records SET updated = 9223372036854775807 WHERE document = 2');
    const reading = store.record(namespace, recordOf('2').id);
    await expect(reading).rejects.toMatchObject({
      code: 'store_failed',
      message: expect.stringContaining('open it again'),
    });
    await store.close();
    expect(existsSync(`${place.file}.suspect`)).toBe(true);
    const again = await place.open();
    expect(damagedGuids(again)).toContain(guidOf('2'));
    expect(await again.query({ limit: 9 })).toEqual([recordOf('3'), recordOf('1')]);
    expect(existsSync(`${place.file}.suspect`)).toBe(false);
    // What met the damage reads on no more: the file could not be rewritten under it.
    await again.erase([]);
  });
});
