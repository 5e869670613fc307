import {
  closeSync,
  existsSync,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import type { Incarnation } from '@mnemesh/protocol';
import { type Database, openDatabase } from '@mnemesh/sqlite';
import { describe, expect, it } from 'vitest';
import { envelopeOf, guidOf, Place, recordOf, segmentBatch } from './fixtures.js';

const place = new Place();
const PAGE = 4096;
const segments = Array.from({ length: 300 }, (_, n) => `${n + 1}`);
const cursor = { incarnation: 'ab'.repeat(16) as Incarnation, number: 9, subscription: '**' };

const fill = () => place.filled(...segments.map(segmentBatch), { cursor });

/** Writes rubbish over one page of the file. */
function ruin(page: number): void {
  const file = openSync(place.file, 'r+');
  try {
    expect(fstatSync(file).size).toBeGreaterThan(page * PAGE);
    writeSync(file, new Uint8Array(PAGE).fill(0xa5), 0, PAGE, (page - 1) * PAGE);
  } finally {
    closeSync(file);
  }
}

/** A page in the middle of a table or index, never its root: the rest of it stays readable. */
function leafOf(name: string): number {
  const database = place.connect();
  const pages = database
    .prepare("SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'leaf' ORDER BY pageno")
    .all<{ pageno: number }>(name);
  database.close();
  expect(pages.length).toBeGreaterThan(1);
  return (pages[Math.floor(pages.length / 2)] as { pageno: number }).pageno;
}

const names = () => readdirSync(dirname(place.file));

describe('a store whose file is broken', () => {
  it('is copied as far as it can be read; the old file stays beside it', async () => {
    await fill();
    ruin(leafOf('updates'));
    const store = await place.open();
    expect(names()).toContain('replica.db.damaged-1');
    expect(place.logged.join()).toContain('replica.db.damaged-1');

    const documents = await store.documents();
    expect(documents).toHaveLength(segments.length);
    const updates = documents.reduce((sum, document) => sum + document.updates, 0);
    expect(updates).toBeLessThan(2 * segments.length);
    expect(updates).toBeGreaterThan(segments.length);
    expect(await store.count({})).toBe(segments.length);
    expect(await store.envelopesOf(guidOf('7'))).toEqual([envelopeOf('7')]);

    expect(store.damaged).toHaveLength(segments.length);
    expect((await store.syncState()).cursor).toBeUndefined();
    expect(documents.every(({ unacked }) => unacked)).toBe(true);
  });

  it('stays the same replica, counts on, and gives no number again', async () => {
    const before = await place.open();
    for (const segment of segments) await before.commit(segmentBatch(segment));
    const { replica, counter } = before.opened;
    const given = (await before.document(guidOf('300')))?.log.at(-1)?.number as number;
    await before.close();
    ruin(leafOf('updates'));
    const store = await place.open();
    expect(store.opened).toMatchObject({ replica, counter: counter + 1 });
    await store.commit(segmentBatch('1'));
    expect((await store.document(guidOf('1')))?.log.at(-1)?.number).toBeGreaterThan(given);
    await store.close();
    expect((await place.open()).damaged).toHaveLength(segments.length);
    expect(names()).toContain('replica.db.damaged-1');
    expect(names()).not.toContain('replica.db.damaged-2');
  });

  it.each(['documents', 'records', 'envelopes', 'commits'])(
    'loads after a page of %s was lost',
    async (table) => {
      await fill();
      ruin(leafOf(table));
      const store = await place.open();
      const documents = await store.documents();
      expect(documents.length).toBeGreaterThan(segments.length / 2);
      const envelopes = await Promise.all(documents.map(({ guid }) => store.envelopesOf(guid)));
      expect(envelopes.flat().length).toBeGreaterThan(segments.length / 2);
      for (const envelope of envelopes.flat())
        expect(envelope).toEqual(envelopeOf(segmentOf(envelope.id)));
      for (const record of await store.query({ limit: 1000 }))
        expect(record).toEqual(recordOf(segmentOf(record.id)));
    },
  );

  it('keeps everything when only an index was lost', async () => {
    await fill();
    ruin(leafOf('records_newest'));
    const store = await place.open();
    expect(await store.count({})).toBe(segments.length);
    expect(await store.query({ limit: 1 })).toEqual([recordOf('300')]);
    expect((await store.document(guidOf('150')))?.log).toHaveLength(2);
  });

  it('is copied without the table whose definition was garbled, and loads', async () => {
    await fill();
    const original = readFileSync(place.file).toString('latin1');
    const garbled = original.replaceAll('incarnation TEXT NOT', 'jncarnation TEXT NOT');
    expect(garbled).not.toBe(original);
    writeFileSync(place.file, garbled, 'latin1');
    const store = await place.open();
    expect((await store.syncState()).cursor).toBeUndefined();
    expect(await store.count({})).toBe(segments.length);
    await store.commit({ cursor });
    expect((await store.syncState()).cursor).toEqual(cursor);
  });

  it('begins anew, as another replica, when nothing can be read', async () => {
    const before = await place.open();
    const { replica } = before.opened;
    await before.close();
    writeFileSync(place.file, 'This is a letter, not a store. '.repeat(1000));
    const store = await place.open();
    expect(store.opened.replica).not.toBe(replica);
    expect(await store.documents()).toEqual([]);
    expect(readFileSync(`${place.file}.damaged-1`, 'utf8')).toContain('a letter');
    await store.commit(segmentBatch('1'));
  });

  it('[CP] is put in place by the next opening when a crash came between', async () => {
    await fill();
    renameSync(place.file, `${place.file}.salvaged`);
    const store = await place.open();
    expect(await store.count({})).toBe(segments.length);
    expect(existsSync(`${place.file}.salvaged`)).toBe(false);
  });

  it('[CP] is salvaged afresh when a crash left an unfinished copy', async () => {
    await fill();
    writeFileSync(`${place.file}.unfinished`, 'half a copy');
    ruin(leafOf('updates'));
    const store = await place.open();
    expect(await store.count({})).toBe(segments.length);
    expect(names().filter((name) => name.includes('unfinished'))).toEqual([]);
  });
});

describe('a copy of a broken store that did not get whole onto the disk', () => {
  /** Its bytes lie in the write-ahead log, and there is no room to move them into the file. */
  const withoutRoom = (path: string): Database =>
    openDatabase(path, {
      beforeStatement: (sql) => {
        if (path.endsWith('.unfinished') && sql.includes('wal_checkpoint'))
          throw Object.assign(new Error('database or disk is full'), { errcode: 13 });
      },
    });

  /** Without the header, which counts openings. */
  const pages = (): Buffer => readFileSync(place.file).subarray(100);

  /** Somebody reads the copy, so that its log is not moved into the file. */
  const whileRead = (path: string): Database => {
    if (!path.endsWith('.unfinished')) return openDatabase(path);
    const copy = openDatabase(path, { busyMs: 0 });
    const reader = place.connect(path);
    reader.exec('BEGIN; SELECT count(*) FROM sqlite_schema');
    return copy;
  };

  it.each([
    ['the disk is full', withoutRoom],
    ['it is being read', whileRead],
  ])('[ND] never takes its place: %s', async (_name, open) => {
    await fill();
    ruin(leafOf('updates'));
    const broken = pages();
    await expect(place.open({ open })).rejects.toMatchObject({
      code: 'store_failed',
      retryable: true,
    });
    expect(pages().equals(broken)).toBe(true);
    expect(names().filter((name) => /damaged|salvaged|unfinished/.test(name))).toEqual([]);

    const store = await place.open();
    expect(names()).toContain('replica.db.damaged-1');
    expect(await store.documents()).toHaveLength(segments.length);
    expect(await store.count({})).toBe(segments.length);
    expect(await store.envelopesOf(guidOf('7'))).toEqual([envelopeOf('7')]);
  });
});

const segmentOf = (id: string): string => id.slice(0, id.indexOf('.'));
