import { copyFileSync, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { openDatabase } from '@mnemesh/sqlite';
import { describeRoomLog } from '@mnemesh/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openSqliteRoomLog, type RoomLog } from '../../src/index.js';
import { temporaryDirectory } from '../fixtures.js';

const FILE = 'rooms.db';

describeRoomLog('on SQLite', async () => {
  const { directory, remove } = temporaryDirectory();
  const opened: RoomLog[] = [];
  let crashes = 0;
  const place = (): string => join(directory, `${crashes}`);
  return {
    open: async () => {
      const log = await openSqliteRoomLog({ directory: place() });
      opened.push(log);
      return log;
    },
    crash: async () => {
      const before = place();
      crashes++;
      leaveAsCrashed(before, place());
    },
    exists: () => existsSync(place()),
    remove: async () => {
      for (const log of opened) await log.close();
      remove();
    },
  };
});

/** What a killed process leaves: the files as they are, without anything that closing would do. */
function leaveAsCrashed(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const file of [FILE, `${FILE}-wal`]) {
    if (existsSync(join(from, file))) copyFileSync(join(from, file), join(to, file));
  }
}

describe('the SQLite room log', () => {
  let place: ReturnType<typeof temporaryDirectory>;
  let log: RoomLog;

  beforeEach(async () => {
    place = temporaryDirectory();
    log = await openSqliteRoomLog({ directory: place.directory });
  });

  afterEach(async () => {
    await log.close();
    place.remove();
  });

  const onDisk = (): number =>
    readdirSync(place.directory).reduce(
      (sum, file) => sum + statSync(join(place.directory, file)).size,
      0,
    );
  const file = (): string => join(place.directory, FILE);
  const state = Uint8Array.of(0, 0);

  test('[BD] gives back to the disk what folding frees', async () => {
    const update = new Uint8Array(100_000).fill(7);
    for (let number = 1; number <= 40; number++) await log.append([{ room: 'a', number, update }]);
    expect(onDisk()).toBeGreaterThan(4_000_000);
    await log.putBase('a', { through: 40, update: Uint8Array.of(0, 0), state });
    expect(onDisk()).toBeLessThan(20_000);
    await log.close();
    expect(readdirSync(place.directory)).toEqual([FILE]);
  });

  test('[BD] the write-ahead log stays small however much is appended', async () => {
    const update = new Uint8Array(100_000).fill(7);
    for (let number = 1; number <= 200; number++) {
      await log.append([{ room: 'a', number, update }]);
    }
    expect(statSync(`${file()}-wal`).size).toBeLessThan(6_000_000);
  });

  test.each(['rows', 'bases'])(
    '[CP] a damaged row of %s is told, not served, and other rooms go on',
    async (table) => {
      for (const room of ['a', 'b']) {
        await log.append([{ room, number: 1, update: Uint8Array.of(1, 2, 3) }]);
        if (table === 'bases')
          await log.putBase(room, { through: 1, update: Uint8Array.of(1, 2, 3), state });
      }
      await log.close();
      const database = openDatabase(file());
      database.prepare(`UPDATE ${table} SET body = ? WHERE room = 'a'`).run(Uint8Array.of(1, 2, 4));
      database.close();
      log = await openSqliteRoomLog({ directory: place.directory });
      const read = table === 'rows' ? log.read('a') : log.base('a');
      await expect(read).rejects.toMatchObject({
        code: 'store_failed',
        message: expect.stringContaining('room "a"'),
      });
      expect(table === 'rows' ? await log.read('b') : await log.base('b')).toBeDefined();
    },
  );

  test('a file of a later version is refused and left alone', async () => {
    const database = openDatabase(file());
    database.exec('PRAGMA user_version = 99');
    database.close();
    await expect(openSqliteRoomLog({ directory: place.directory })).rejects.toMatchObject({
      code: 'store_too_new',
    });
  });

  test('[ND] every commit is flushed', async () => {
    let synchronous: unknown;
    await log.close();
    log = await openSqliteRoomLog({
      directory: place.directory,
      open: (path) => {
        const database = openDatabase(path);
        synchronous = database.pragma('synchronous');
        return database;
      },
    });
    await log.append([{ room: 'a', number: 1, update: Uint8Array.of(1) }]);
    expect(synchronous).toBe(2);
  });
});
