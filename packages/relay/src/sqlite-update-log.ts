import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Incarnation,
  type MeshId,
  MnemeshError,
  type Runtime,
  toHex,
} from '@mnemesh/protocol';
import {
  type Database,
  lockStore,
  openDatabase,
  rewriteFile,
  type StoreLock,
  sqliteError,
} from '@mnemesh/sqlite';
import { migrate } from './log-format.js';
import { SqliteMeshLog } from './sqlite-mesh-log.js';
import { type MeshLog, REMEMBERED_INCARNATIONS, type UpdateLog } from './update-log.js';

export interface SqliteUpdateLogOptions {
  /** Directory of the log; created if need be. One process holds it at a time. */
  readonly directory: string;
  readonly runtime: Pick<Runtime, 'randomBytes' | 'log'>;
  /** Opens the database file; tests watch it, or make it fail. */
  readonly open?: (path: string) => Database;
}

const FILE = 'relay.db';

/**
 * Opens a relay's update log in one SQLite file, which is created with its first mesh.
 * @throws MnemeshError `store_in_use`, `store_too_new`, `store_failed`
 */
export async function openSqliteUpdateLog(options: SqliteUpdateLogOptions): Promise<UpdateLog> {
  const { directory, runtime } = options;
  const path = join(directory, FILE);
  const lock = lockStore(directory);
  try {
    const incarnation = toHex(runtime.randomBytes(16)) as Incarnation;
    const log = new SqliteUpdateLog(lock, incarnation, () => openFile(path, options));
    if (existsSync(path)) log.openFile();
    return log;
  } catch (error) {
    lock.close();
    throw sqliteError(error, path);
  }
}

function openFile(
  path: string,
  { runtime, open = openDatabase }: SqliteUpdateLogOptions,
): Database {
  const database = open(path);
  try {
    migrate(database);
    checkAfterCrash(database, runtime);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** A file that was closed in order was whole then; one that was not is read through once. */
function checkAfterCrash(database: Database, runtime: Pick<Runtime, 'log'>): void {
  const clean = database.prepare('SELECT clean FROM opening').get<{ clean: number }>()?.clean;
  if (clean !== 1) {
    runtime.log('info', 'The update log was not closed in order; its file is being checked.', {
      path: database.path,
    });
    const verdict = database.pragma('quick_check(1)');
    if (verdict !== 'ok') {
      throw new MnemeshError(
        'store_failed',
        `${database.path} is damaged (${String(verdict)}). Put a backup in its place, or move it away: replicas bring their state again.`,
      );
    }
  }
  database.prepare('UPDATE opening SET clean = 0').run();
}

class SqliteUpdateLog implements UpdateLog {
  readonly incarnation: Incarnation;
  readonly #lock: StoreLock;
  readonly #openDatabase: () => Database;
  readonly #meshes = new Map<MeshId, SqliteMeshLog>();
  /** Undefined while there is no file. */
  #database: Database | undefined;
  #open = true;

  constructor(lock: StoreLock, incarnation: Incarnation, openDatabase: () => Database) {
    this.#lock = lock;
    this.incarnation = incarnation;
    this.#openDatabase = openDatabase;
  }

  /** Creates it if there is none. */
  openFile(): Database {
    this.#database ??= this.#openDatabase();
    return this.#database;
  }

  async mesh(mesh: MeshId): Promise<MeshLog> {
    this.#checkOpen();
    const known = this.#meshes.get(mesh);
    if (known !== undefined && !known.failed) return known;
    try {
      const log = this.#openMesh(mesh);
      this.#meshes.set(mesh, log);
      return log;
    } catch (error) {
      throw sqliteError(error, this.#database?.path ?? FILE);
    }
  }

  async holds(mesh: MeshId): Promise<boolean> {
    this.#checkOpen();
    const row = this.#database
      ?.prepare('SELECT 1 FROM meshes WHERE name = ? AND head > 0')
      .get(mesh);
    return row !== undefined;
  }

  async meshes(): Promise<readonly MeshId[]> {
    this.#checkOpen();
    const rows = this.#database
      ?.prepare('SELECT name FROM meshes WHERE head > 0 ORDER BY name')
      .all<{ name: MeshId }>();
    return rows?.map((row) => row.name) ?? [];
  }

  async erase(): Promise<void> {
    this.#checkOpen();
    if (this.#database !== undefined) rewriteFile(this.#database);
  }

  async close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    for (const mesh of this.#meshes.values()) mesh.close();
    try {
      this.#database?.transaction(() => {
        this.#database?.prepare('UPDATE meshes SET open = 0 WHERE open = 1').run();
        this.#database?.prepare('UPDATE opening SET clean = 1').run();
      });
      // A copy of the one file is then the whole log.
      this.#database?.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    } finally {
      this.#database?.close();
      this.#lock.close();
    }
  }

  #openMesh(mesh: MeshId): SqliteMeshLog {
    const db = this.openFile();
    return db.transaction(() => {
      db.prepare('INSERT OR IGNORE INTO meshes (name, head) VALUES (?, 0)').run(mesh);
      const { id, head } = db
        .prepare('SELECT id, head FROM meshes WHERE name = ?')
        .get<{ id: number; head: number }>(mesh) as { id: number; head: number };
      this.#beginIncarnation(db, id, head + 1);
      const { doubt, claims } = db
        .prepare(
          `SELECT in_doubt AS doubt, (SELECT count(*) FROM claims WHERE mesh = ?1) AS claims
           FROM meshes WHERE id = ?1`,
        )
        .get<{ doubt: number; claims: number }>(id) as { doubt: number; claims: number };
      const incarnations = db
        .prepare('SELECT incarnation, first FROM incarnations WHERE mesh = ? ORDER BY id')
        .all<{ incarnation: Incarnation; first: number }>(id);
      const claimsInDoubt = doubt === 1;
      return new SqliteMeshLog(db, { mesh, id, head, incarnations, claims, claimsInDoubt });
    });
  }

  /** Once per opening and mesh, however often the mesh is opened again. */
  #beginIncarnation(db: Database, mesh: number, first: number): void {
    const begun = db
      .prepare('SELECT 1 FROM incarnations WHERE mesh = ? AND incarnation = ?')
      .get(mesh, this.incarnation);
    if (begun !== undefined) return;
    db.prepare('UPDATE meshes SET in_doubt = max(in_doubt, open), open = 1 WHERE id = ?').run(mesh);
    db.prepare('INSERT INTO incarnations (mesh, incarnation, first) VALUES (?, ?, ?)').run(
      mesh,
      this.incarnation,
      first,
    );
    db.prepare(
      `DELETE FROM incarnations WHERE mesh = ?1 AND id <= (
         SELECT id FROM incarnations WHERE mesh = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)`,
    ).run(mesh, REMEMBERED_INCARNATIONS);
  }

  #checkOpen(): void {
    if (!this.#open) throw new MnemeshError('closed', 'The update log is closed.');
  }
}
