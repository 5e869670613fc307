import { describe, expect, it } from 'vitest';
import { FORMAT, type Migration, migrate, migrations } from '../src/migrations.js';
import { Place, segmentBatch } from './fixtures.js';

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

describe('the format of a store', () => {
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
