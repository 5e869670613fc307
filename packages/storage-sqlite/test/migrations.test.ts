import type { StoredRecord } from '@mnemesh/core';
import type { Row } from '@mnemesh/sqlite';
import { describe, expect, it } from 'vitest';
import { FORMAT, type Migration, migrate, migrations } from '../src/migrations.js';
import { specs, TableWriter } from '../src/tables.js';
import { Place, recordOf, segmentBatch } from './fixtures.js';

const place = new Place();

const addColour: Migration = (database) =>
  database.exec("ALTER TABLE records ADD COLUMN colour TEXT DEFAULT 'grey'");
/** The identity tells whether anybody counted an opening. */
function contents(): readonly unknown[] {
  const database = place.connect();
  const rows = ['identity', 'documents', 'sqlite_schema'].map((table) =>
    database.prepare(`SELECT * FROM ${table}`).all(),
  );
  const format = database.pragma('user_version');
  database.close();
  return [format, ...rows];
}

const broken: Migration = (database) => {
  database.exec('CREATE TABLE half (done INTEGER)');
  throw new Error('stopped half way');
};

/** Makes of a store what format 3 would have written: lower-case text, no threads, its own checksums. */
function asFormat3(): void {
  const database = place.connect();
  const rows = database.prepare('SELECT * FROM records').all<Row & { readonly number: number }>();
  database.exec('DROP TABLE unscrubbed; DROP TABLE vectors; DROP INDEX records_thread;');
  database.exec(
    'ALTER TABLE records DROP COLUMN thread; ALTER TABLE records DROP COLUMN position;',
  );
  const columns = specs.records.columns.filter((name) => name !== 'thread' && name !== 'position');
  const writer = new TableWriter(database, { ...specs.records, columns });
  for (const row of rows)
    writer.update(row.number, { ...row, text: String(row.text).toLowerCase() });
  database.exec('PRAGMA user_version = 3');
  database.close();
}

function eventOf(local: string): StoredRecord {
  const fields = { conversation: '1.TALK', position: 7, text: `Said parseFrame ${local}` };
  return {
    ...recordOf('1'),
    id: `1.${local}` as StoredRecord['id'],
    ref: undefined,
    collection: 'event',
    thread: '1.TALK',
    position: 7,
    text: `Said parseFrame ${local}`,
    view: JSON.stringify({ fields }),
  };
}

describe('the format of a store', () => {
  it('3 gets what threads and search need from the records themselves, but for damaged ones', async () => {
    await place.filled(segmentBatch('1'), { records: [eventOf('E'), eventOf('F')] });
    asFormat3();
    const database = place.connect();
    database.exec("UPDATE records SET state = 'forged' WHERE id = '1.F'");
    database.close();
    const store = await place.open();
    const { namespace } = eventOf('E');
    expect(await store.thread({ namespace, thread: '1.TALK', limit: 9 })).toEqual([eventOf('E')]);
    expect(await store.record(namespace, eventOf('F').id)).toBeUndefined();
  });

  it('is written into the file', async () => {
    await place.filled(segmentBatch('1'));
    expect(place.connect().pragma('user_version')).toBe(FORMAT);
  });

  it('of an older version is taken step by step to the newest, keeping what is stored', async () => {
    await place.filled(segmentBatch('1'));
    const database = place.connect();
    migrate(database, [
      ...migrations,
      addColour,
      (db) => db.exec("UPDATE records SET colour = 'red'"),
    ]);
    expect(database.pragma('user_version')).toBe(FORMAT + 2);
    expect(database.prepare('SELECT id, colour FROM records').all()).toEqual([
      { id: '1.A', colour: 'red' },
    ]);
  });

  it('[CP] stays a whole one when a step fails', async () => {
    await place.filled(segmentBatch('1'));
    const database = place.connect();
    expect(() => migrate(database, [...migrations, addColour, broken])).toThrow('half way');
    expect(database.pragma('user_version')).toBe(FORMAT + 1);
    expect(database.prepare("SELECT name FROM sqlite_schema WHERE name = 'half'").all()).toEqual(
      [],
    );
    migrate(database, [...migrations, addColour]);
    expect(database.prepare('SELECT colour FROM records').all()).toEqual([{ colour: 'grey' }]);
  });

  it('of a newer version is refused, and nothing in it changed', async () => {
    await place.filled(segmentBatch('1'));
    const database = place.connect();
    database.exec(`PRAGMA user_version = ${FORMAT + 1}`);
    database.close();
    const before = contents();
    await expect(place.open()).rejects.toMatchObject({
      code: 'store_too_new',
      message: expect.stringContaining(`format ${FORMAT + 1}`),
    });
    expect(contents()).toEqual(before);
  });
});
