import { mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type Database,
  isBusy,
  isDamage,
  openDatabase,
  STATEMENT_CACHE,
  sqliteError,
} from '../src/index.js';

let directory: string;
const opened: Database[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'mnemesh-sqlite-'));
});

afterEach(() => {
  for (const database of opened.splice(0)) database.close();
  rmSync(directory, { recursive: true, force: true });
});

function open(name = 'a.db', options?: Parameters<typeof openDatabase>[1]): Database {
  const database = openDatabase(join(directory, name), options);
  opened.push(database);
  return database;
}

function withTable(): Database {
  const database = open();
  database.exec('CREATE TABLE items (id INTEGER PRIMARY KEY, body BLOB, name TEXT) STRICT');
  return database;
}

const insert = 'INSERT INTO items (body, name) VALUES (?, ?)';
const names = (database: Database) =>
  database
    .prepare('SELECT name FROM items ORDER BY id')
    .all<{ name: string }>()
    .map((row) => row.name);

describe('a database', () => {
  it('[ND] writes ahead and flushes every transaction, as read back from the connection', () => {
    const database = open();
    expect(database.pragma('journal_mode')).toBe('wal');
    expect(database.pragma('synchronous')).toBe(2);
    expect(database.pragma('foreign_keys')).toBe(0);
  });

  it('[ND] asks the drive itself to flush, where the system would not, also after a transaction that need not', () => {
    const flushes = (database: Database) => [
      database.pragma('fullfsync'),
      database.pragma('checkpoint_fullfsync'),
    ];
    const database = withTable();
    expect(flushes(database)).toEqual([1, 1]);
    expect(flushes(open('b.db', { exclusive: true, shrinks: true }))).toEqual([1, 1]);
    for (const flush of ['later', 'now'] as const) {
      database.transaction(() => database.prepare(insert).run(null, flush), flush);
      expect(flushes(database)).toEqual([1, 1]);
    }
    expect(database.pragma('synchronous')).toBe(2);
  });

  it('runs on the SQLite that Node has, else on the prebuilt one', () => {
    const builtIn = Number(process.versions.node.split('.')[0]) >= 24;
    const expected = builtIn
      ? 'node:sqlite'
      : process.getBuiltinModule?.('node:sqlite')
        ? 'node:sqlite'
        : '@photostructure/sqlite';
    expect(open().engine).toBe(expected);
  });

  it('gives blobs back as plain byte arrays, empty ones and slices too', () => {
    const database = withTable();
    const bytes = Uint8Array.of(9, 8, 7, 6);
    for (const body of [bytes, bytes.subarray(1, 3), new Uint8Array(0)])
      database.prepare(insert).run(body, 'x');
    const rows = database.prepare('SELECT body FROM items ORDER BY id').all<{ body: Uint8Array }>();
    expect(rows.map((row) => [...row.body])).toEqual([[9, 8, 7, 6], [8, 7], []]);
    for (const row of rows) expect(Object.getPrototypeOf(row.body)).toBe(Uint8Array.prototype);
  });

  it('gives text back whole, also where SQLite would end it', () => {
    const database = withTable();
    const texts = ['a\0b', '\uffff', '\uffff0', '\0\uffff\0\uffff1', 'plain', '日本\0'];
    for (const text of texts) database.prepare(insert).run(null, text);
    expect(names(database)).toEqual(texts);
    const find = database.prepare('SELECT id FROM items WHERE name = ?');
    expect(texts.map((text) => find.get(text))).toEqual(texts.map((_, n) => ({ id: n + 1 })));
    expect(
      [...database.prepare('SELECT name FROM items').iterate()].map(({ name }) => name),
    ).toEqual(texts);
  });

  it('stops reading at a row that cannot be read', () => {
    const database = withTable();
    for (const id of [1, 2, 3]) database.prepare(insert).run(null, `${id}`);
    database.exec('UPDATE items SET id = 9223372036854775807 WHERE id = 2');
    const rows = database.prepare('SELECT id FROM items ORDER BY name').iterate();
    expect(() => [...rows]).toThrow(expect.objectContaining({ code: 'ERR_OUT_OF_RANGE' }));
    database.exec('VACUUM');
  });

  it('keeps statements prepared, up to a limit', () => {
    const database = withTable();
    const first = database.prepare(insert);
    expect(database.prepare(insert)).toBe(first);
    for (let i = 0; i < STATEMENT_CACHE; i++) database.prepare(`SELECT ${i}`);
    expect(database.prepare(insert)).not.toBe(first);
    expect(first.run(null, 'still works').changes).toBe(1);
  });

  it('leaves one file when it is closed, which may be moved and opened again at once', () => {
    const database = withTable();
    database.prepare(insert).run(null, 'moved');
    names(database);
    database.close();
    expect(readdirSync(directory)).toEqual(['a.db']);
    renameSync(join(directory, 'a.db'), join(directory, 'b.db'));
    const other = withTable();
    other.prepare(insert).run(null, 'new');
    expect(names(open('b.db'))).toEqual(['moved']);
    expect(names(other)).toEqual(['new']);
  });

  it('is closed as often as one likes', () => {
    const database = open();
    database.close();
    database.close();
    expect(() => database.exec('SELECT 1')).toThrow();
  });
});

describe('a transaction', () => {
  it('[CP] keeps all or nothing', () => {
    const database = withTable();
    database.transaction(() => database.prepare(insert).run(null, 'kept'));
    expect(() =>
      database.transaction(() => {
        database.prepare(insert).run(null, 'undone');
        throw new Error('stop');
      }),
    ).toThrow('stop');
    database.transaction(() => database.prepare(insert).run(null, 'kept too'));
    expect(names(database)).toEqual(['kept', 'kept too']);
  });

  it('can lose one part and keep the others', () => {
    const database = withTable();
    database.transaction(() => {
      database.savepoint(() => database.prepare(insert).run(null, 'first'));
      expect(() =>
        database.savepoint(() => {
          database.prepare(insert).run(null, 'second');
          throw new Error('stop');
        }),
      ).toThrow('stop');
      database.savepoint(() => database.prepare(insert).run(null, 'third'));
    });
    expect(names(database)).toEqual(['first', 'third']);
  });

  it('ends as a whole when SQLite has undone it under a part', () => {
    const database = withTable();
    expect(() =>
      database.transaction(() => {
        database.prepare(insert).run(null, 'undone');
        database.savepoint(() => {
          database.exec('ROLLBACK');
          throw new Error('disk full');
        });
      }),
    ).toThrowError(
      expect.objectContaining({
        code: 'store_failed',
        cause: expect.objectContaining({ message: 'disk full' }),
      }),
    );
    expect(names(database)).toEqual([]);
    database.transaction(() => database.prepare(insert).run(null, 'after'));
    expect(names(database)).toEqual(['after']);
  });

  it('does not nest', () => {
    const database = withTable();
    expect(() => database.transaction(() => database.transaction(() => 1))).toThrow('do not nest');
    expect(database.transaction(() => 2)).toBe(2);
  });

  it('tells a busy database from a damaged one', () => {
    const database = withTable();
    const other = open('a.db', { busyMs: 0 });
    let refused: unknown;
    database.transaction(() => {
      try {
        other.transaction(() => undefined);
      } catch (error) {
        refused = error;
      }
    });
    expect(isBusy(refused)).toBe(true);
    expect(isDamage(refused)).toBe(false);
    expect(sqliteError(refused, 'a.db')).toMatchObject({ code: 'store_failed', retryable: true });
  });
});

describe('a statement that fails', () => {
  it('[CP] undoes its transaction, whichever it is, and the next one works', () => {
    let failAt = Number.POSITIVE_INFINITY;
    let ran = 0;
    const database = open('b.db', {
      beforeStatement: () => {
        if (++ran === failAt) throw new Error('disk I/O error');
      },
    });
    database.exec('CREATE TABLE items (id INTEGER PRIMARY KEY, body BLOB, name TEXT) STRICT');
    const write = () =>
      database.transaction(() => database.savepoint(() => database.prepare(insert).run(null, 'x')));
    ran = 0;
    write();
    const statements = ran;
    expect(statements).toBe(5);
    for (failAt = 1; failAt <= statements; failAt++) {
      ran = 0;
      expect(write).toThrow();
    }
    write();
    expect(names(database)).toEqual(['x', 'x']);
  });
});

describe('a file that is no database', () => {
  it('is named in the error and left alone', () => {
    const path = join(directory, 'bad.db');
    writeFileSync(path, 'This is a letter, not a database. '.repeat(100));
    let refused: unknown;
    try {
      openDatabase(path);
    } catch (error) {
      refused = error;
    }
    expect(isDamage(refused)).toBe(true);
    expect(refused).toMatchObject({ code: 'store_failed', message: expect.stringContaining(path) });
  });

  it('can be opened for reading only, which writes nothing', () => {
    withTable().close();
    const reader = open('a.db', { readOnly: true });
    expect(names(reader)).toEqual([]);
    expect(() => reader.prepare(insert).run(null, 'x')).toThrow();
  });
});
