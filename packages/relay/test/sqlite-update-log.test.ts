import { spawnSync } from 'node:child_process';
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Guid, MeshId, Namespace, SegmentName } from '@mnemesh/protocol';
import { nodeRuntime } from '@mnemesh/runtime-node';
import { openDatabase } from '@mnemesh/sqlite';
import { describeUpdateLog } from '@mnemesh/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type AppendGroup, openSqliteUpdateLog, type UpdateLog } from '../src/index.js';
import { migrate } from '../src/log-format.js';
import { temporaryDirectory } from './fixtures.js';

const runtime = nodeRuntime();

describeUpdateLog('on SQLite', async () => {
  const { directory, remove } = temporaryDirectory();
  const crashed: UpdateLog[] = [];
  let current: UpdateLog | undefined;
  let crashes = 0;
  const place = (): string => join(directory, `${crashes}`);
  return {
    open: async () => {
      const log = await openSqliteUpdateLog({ directory: place(), runtime });
      current = log;
      return log;
    },
    crash: async () => {
      const before = place();
      crashes++;
      leaveAsCrashed(before, place());
      if (current !== undefined) crashed.push(current);
    },
    remove: async () => {
      for (const log of crashed) await log.close();
      remove();
    },
  };
});

/** What a killed process leaves: the files as they are, without anything that closing would do. */
function leaveAsCrashed(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const file of ['relay.db', 'relay.db-wal']) {
    if (existsSync(join(from, file))) copyFileSync(join(from, file), join(to, file));
  }
}

function overwrite(file: string, at: number, bytes: number): void {
  const handle = openSync(file, 'r+');
  writeSync(handle, new Uint8Array(bytes), 0, bytes, at);
  closeSync(handle);
}

describe('the SQLite update log', () => {
  const demo = 'demo' as MeshId;
  const guid = 'guid' as Guid;
  let place: ReturnType<typeof temporaryDirectory>;
  let file: string;

  beforeEach(() => {
    place = temporaryDirectory();
    file = join(place.directory, 'relay.db');
  });

  afterEach(() => place.remove());

  const open = (): Promise<UpdateLog> =>
    openSqliteUpdateLog({ directory: place.directory, runtime });

  function group(bytes: number): AppendGroup {
    const name = { guid, namespace: 'shared/tasks' as Namespace, segment: '1' as SegmentName };
    return {
      updates: [{ guid, update: new Uint8Array(bytes).fill(7) }],
      documents: [{ ...name, state: Uint8Array.of(1), hash: '00'.repeat(32) }],
    };
  }

  test('a second process is told the pid of the holder and changes nothing', async () => {
    const log = await open();
    const module = JSON.stringify(new URL('../../sqlite/dist/index.js', import.meta.url).href);
    const script = `import(${module}).then(({ lockStore }) => {
      try { lockStore(${JSON.stringify(place.directory)}); console.log('locked'); }
      catch (error) { console.log(error.code, error.message); }
    });`;
    const second = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
    });
    expect(second.stdout).toContain('store_in_use');
    expect(second.stdout).toContain(String(process.pid));
    await log.close();
  });

  test('a file written by a later version is refused, and left as it was', async () => {
    await (await open()).close();
    const database = openDatabase(file);
    database.exec('PRAGMA user_version = 99');
    database.close();
    await expect(open()).rejects.toMatchObject({ code: 'store_too_new' });
    const after = openDatabase(file);
    expect(after.pragma('user_version')).toBe(99);
    after.close();
  });

  test('the migration chain runs each step once, from the format it finds', () => {
    const database = openDatabase(file);
    const ran: number[] = [];
    const steps = [1, 2, 3].map((step) => () => {
      ran.push(step);
    });
    migrate(database, steps.slice(0, 1));
    migrate(database, steps);
    migrate(database, steps);
    expect(ran).toEqual([1, 2, 3]);
    expect(database.pragma('user_version')).toBe(3);
    database.close();
  });

  test('[CP] a migration step that fails leaves the format before it, and can run again', () => {
    const database = openDatabase(file);
    const broken = () => {
      database.exec('CREATE TABLE half (x)');
      throw new Error('power cut');
    };
    expect(() => migrate(database, [broken])).toThrow('power cut');
    expect(database.pragma('user_version')).toBe(0);
    migrate(database, [() => database.exec('CREATE TABLE half (x)')]);
    expect(database.pragma('user_version')).toBe(1);
    database.close();
  });

  test('a flipped byte in a row is an error on reading, never another update', async () => {
    const log = await open();
    const mesh = await log.mesh(demo);
    await mesh.append(group(10));
    await log.close();
    const database = openDatabase(file);
    database.exec("UPDATE updates SET body = x'07070707070707070708'");
    database.close();
    const again = await open();
    const damaged = await again.mesh(demo);
    await expect(damaged.read(guid, 0)).rejects.toMatchObject({ code: 'store_failed' });
    await again.close();
  });

  test('a file that is no database is refused with what to do', async () => {
    writeFileSync(file, 'not a database, by any means');
    await expect(open()).rejects.toMatchObject({ code: 'store_failed' });
  });

  test('[CP] a file damaged while the relay was down uncleanly is refused, not served', async () => {
    const log = await open();
    const mesh = await log.mesh(demo);
    for (let i = 0; i < 40; i++) await mesh.append(group(4_000));
    await log.close();
    const database = openDatabase(file);
    database.exec('UPDATE opening SET clean = 0');
    const page = database
      .prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'updates'")
      .get<{ rootpage: number }>();
    const pageBytes = Number(database.pragma('page_size'));
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    database.close();
    overwrite(file, ((page?.rootpage ?? 0) - 1) * pageBytes, pageBytes);
    await expect(open()).rejects.toMatchObject({ code: 'store_failed' });
  });

  test('[BD] a group rewrites a document, with the state it holds, once for all of its updates', async () => {
    const statements: string[] = [];
    const log = await openSqliteUpdateLog({
      directory: place.directory,
      runtime,
      open: (path) => openDatabase(path, { beforeStatement: (sql) => statements.push(sql) }),
    });
    const mesh = await log.mesh(demo);
    const other = 'other guid' as Guid;
    const one = group(3);
    const [document] = one.documents;
    const updates = Array.from({ length: 10 }, (_, n) => ({
      guid: n % 5 === 2 ? other : guid,
      update: new Uint8Array(n + 1),
    }));
    await mesh.append(one);
    statements.length = 0;
    await mesh.append({
      updates,
      documents: [document, { ...document, guid: other }] as AppendGroup['documents'],
    });
    expect(statements.filter((sql) => sql.startsWith('UPDATE documents'))).toHaveLength(2);
    expect(await mesh.documents()).toMatchObject([
      { guid, rows: 9, rowBytes: 3 + 55 - 3 - 8, last: 11 },
      { guid: other, rows: 2, rowBytes: 3 + 8, last: 9 },
    ]);
    await log.close();
  });

  test('[ND] an append that cannot be written rejects, takes nothing, and the mesh opens again', async () => {
    const log = await open();
    const mesh = await log.mesh(demo);
    await mesh.append(group(10));
    const other = openDatabase(file);
    other.exec(
      "CREATE TRIGGER full BEFORE INSERT ON updates BEGIN SELECT raise(ABORT, 'disk full'); END",
    );
    await expect(mesh.append(group(20))).rejects.toMatchObject({ code: 'store_failed' });
    await expect(mesh.append(group(20))).rejects.toMatchObject({ code: 'closed' });
    other.exec('DROP TRIGGER full');
    other.close();
    const healed = await log.mesh(demo);
    expect(healed.head).toBe(1);
    expect(healed.incarnations).toHaveLength(1);
    expect(await healed.append(group(30))).toEqual({ first: 2, last: 2 });
    await log.close();
  });
});
