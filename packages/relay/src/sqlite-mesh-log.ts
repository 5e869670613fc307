import { crc32 } from 'node:zlib';
import {
  type End,
  type Guid,
  type MeshId,
  MnemeshError,
  type Namespace,
  type ReplicaId,
  type SegmentName,
} from '@mnemesh/protocol';
import { type Database, sqliteError } from '@mnemesh/sqlite';
import type {
  AppendedDocument,
  AppendedNumbers,
  AppendGroup,
  ClaimedTask,
  DocumentBase,
  DocumentHead,
  GrantedClaim,
  LogIncarnation,
  MeshLog,
  ReplicaOpening,
  StoredDocument,
} from './update-log.js';

interface OpenedMesh {
  readonly mesh: MeshId;
  readonly id: number;
  readonly head: number;
  readonly incarnations: readonly LogIncarnation[];
  readonly claims: number;
  readonly claimsInDoubt: boolean;
}

interface DocumentRow {
  readonly id: number;
  readonly last: number;
  readonly base_through: number;
}

interface BodyRow {
  readonly checksum: number;
  readonly body: Uint8Array;
}

/** One mesh of the SQLite update log. Every call is one synchronous statement or transaction. */
export class SqliteMeshLog implements MeshLog {
  readonly mesh: MeshId;
  readonly incarnations: readonly LogIncarnation[];
  readonly #id: number;
  readonly #database: Database;
  #head: number;
  #claims: number;
  #claimsInDoubt: boolean;
  #state: 'open' | 'failed' | 'closed' = 'open';

  constructor(database: Database, opened: OpenedMesh) {
    this.mesh = opened.mesh;
    this.incarnations = opened.incarnations;
    this.#id = opened.id;
    this.#head = opened.head;
    this.#claims = opened.claims;
    this.#claimsInDoubt = opened.claimsInDoubt;
    this.#database = database;
  }

  get head(): number {
    return this.#head;
  }

  /** True after a write was rejected; the log then opens this mesh anew. */
  get failed(): boolean {
    return this.#state === 'failed';
  }

  close(): void {
    this.#state = 'closed';
  }

  async documents(): Promise<readonly DocumentHead[]> {
    return this.#read(() =>
      this.#database
        .prepare(
          `SELECT guid, namespace, segment, base_bytes + row_bytes AS bytes, rows,
             row_bytes AS rowBytes, last, hash FROM documents WHERE mesh = ?`,
        )
        .all<DocumentHead>(this.#id),
    );
  }

  async state(guid: Guid): Promise<Uint8Array | undefined> {
    return this.#read(() => {
      const row = this.#database
        .prepare('SELECT checksum, state AS body FROM documents WHERE mesh = ? AND guid = ?')
        .get<BodyRow>(this.#id, guid);
      return row === undefined ? undefined : this.#checked(row, guid);
    });
  }

  async read(guid: Guid, after: number): Promise<StoredDocument | undefined> {
    return this.#read(() => {
      const document = this.#document(guid);
      if (document === undefined) return undefined;
      const { id, last, base_through: through } = document;
      const base = through > after ? { update: this.#base(id, guid), through } : undefined;
      const rows = this.#database
        .prepare(
          'SELECT number, checksum, body FROM updates WHERE document = ? AND number > ? ORDER BY number',
        )
        .all<BodyRow & { readonly number: number }>(id, Math.max(after, through))
        .map((row) => ({ number: row.number, update: this.#checked(row, guid) }));
      return { base, rows, last };
    });
  }

  async append(group: AppendGroup): Promise<AppendedNumbers> {
    checkGroup(group);
    const first = this.#head + 1;
    const last = this.#head + group.updates.length;
    this.#write(() => this.#insert(group, first, last));
    this.#head = last;
    return { first, last };
  }

  async putBase(guid: Guid, base: DocumentBase): Promise<void> {
    const document = this.#read(() => this.#document(guid));
    if (
      document === undefined ||
      base.through < document.base_through ||
      base.through > document.last
    ) {
      throw new RangeError(`a base of ${guid} cannot cover up to ${base.through}`);
    }
    this.#write(() => this.#replaceBase(document.id, base));
  }

  async dropRows(guid: Guid): Promise<void> {
    this.#write(() => {
      const document = this.#document(guid);
      if (document === undefined) return;
      this.#database
        .prepare('DELETE FROM updates WHERE document = ? AND number <= ?')
        .run(document.id, document.base_through);
    });
  }

  async ends(): Promise<readonly End[]> {
    return this.#read(() =>
      this.#database
        .prepare('SELECT namespace, floor, segment FROM ends WHERE mesh = ?')
        .all<{ namespace: Namespace; floor: number; segment: SegmentName | '' }>(this.#id)
        .map((row) => ({ ...row, segment: row.segment === '' ? undefined : row.segment })),
    );
  }

  async putEnd({ namespace, floor, segment }: End, documents: readonly Guid[]): Promise<void> {
    this.#write(() => {
      this.#database
        .prepare('INSERT OR IGNORE INTO ends (mesh, namespace, floor, segment) VALUES (?, ?, ?, ?)')
        .run(this.#id, namespace, floor, segment ?? '');
      for (const guid of documents) this.#delete(guid);
    });
  }

  #delete(guid: Guid): void {
    const document = this.#document(guid);
    if (document === undefined) return;
    for (const sql of [
      'DELETE FROM updates WHERE document = ?',
      'DELETE FROM bases WHERE document = ?',
      'DELETE FROM documents WHERE id = ?',
    ])
      this.#database.prepare(sql).run(document.id);
  }

  async replica(replica: ReplicaId): Promise<ReplicaOpening | undefined> {
    return this.#read(() =>
      this.#database
        .prepare('SELECT counter, nonce FROM replicas WHERE mesh = ? AND replica = ?')
        .get<ReplicaOpening>(this.#id, replica),
    );
  }

  async putReplica(replica: ReplicaId, opening: ReplicaOpening): Promise<void> {
    this.#write(() => {
      this.#database
        .prepare(
          'INSERT OR REPLACE INTO replicas (mesh, replica, counter, nonce) VALUES (?, ?, ?, ?)',
        )
        .run(this.#id, replica, opening.counter, opening.nonce);
    });
  }

  get claims(): number {
    return this.#claims;
  }

  get claimsInDoubt(): boolean {
    return this.#claimsInDoubt;
  }

  async claim({ namespace, record }: ClaimedTask): Promise<GrantedClaim | undefined> {
    return this.#read(() =>
      this.#database
        .prepare(
          `SELECT incarnation, number, agent, session, until, replaced FROM claims
           WHERE mesh = ? AND namespace = ? AND record = ?`,
        )
        .get<GrantedClaim>(this.#id, namespace, record),
    );
  }

  async putClaim({ namespace, record }: ClaimedTask, claim: GrantedClaim): Promise<void> {
    const { incarnation, number, agent, session, until, replaced } = claim;
    this.#write(() => {
      const known = this.#database
        .prepare('SELECT 1 FROM claims WHERE mesh = ? AND namespace = ? AND record = ?')
        .get(this.#id, namespace, record);
      this.#database
        .prepare(
          `INSERT OR REPLACE INTO claims
             (mesh, namespace, record, incarnation, number, agent, session, until, replaced)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        )
        .run(this.#id, namespace, record, incarnation, number, agent, session, until, replaced);
      if (known === undefined) this.#claims++;
    });
  }

  async confirmClaims(): Promise<void> {
    this.#write(() => {
      this.#database.prepare('UPDATE meshes SET in_doubt = 0 WHERE id = ?').run(this.#id);
    });
    this.#claimsInDoubt = false;
  }

  #insert(group: AppendGroup, first: number, last: number): void {
    const ids = new Map<Guid, number>();
    for (const document of group.documents) ids.set(document.guid, this.#saveHead(document));
    const insert = this.#database.prepare(
      'INSERT INTO updates (document, number, checksum, body) VALUES (?, ?, ?, ?)',
    );
    const count = this.#database.prepare(
      'UPDATE documents SET last = ?, rows = rows + ?, row_bytes = row_bytes + ? WHERE id = ?',
    );
    const added = new Map<
      number,
      { readonly last: number; readonly rows: number; readonly bytes: number }
    >();
    group.updates.forEach(({ guid, update }, index) => {
      const id = ids.get(guid) as number;
      insert.run(id, first + index, crc32(update), update);
      const { rows, bytes } = added.get(id) ?? { rows: 0, bytes: 0 };
      added.set(id, { last: first + index, rows: rows + 1, bytes: bytes + update.length });
    });
    // Once for each document: its row is rewritten together with its state.
    for (const [id, { last, rows, bytes }] of added) count.run(last, rows, bytes, id);
    this.#database.prepare('UPDATE meshes SET head = ? WHERE id = ?').run(last, this.#id);
  }

  #saveHead(document: AppendedDocument): number {
    const { guid, namespace, segment, hash, state } = document;
    const row = this.#database
      .prepare(
        `INSERT INTO documents (mesh, guid, namespace, segment, last, hash, checksum, state)
         VALUES (?, ?, ?, ?, 0, ?, ?, ?)
         ON CONFLICT (mesh, guid) DO UPDATE
         SET hash = excluded.hash, checksum = excluded.checksum, state = excluded.state
         RETURNING id`,
      )
      .get<{ id: number }>(this.#id, guid, namespace, segment, hash, crc32(state), state);
    return (row as { id: number }).id;
  }

  #replaceBase(document: number, base: DocumentBase): void {
    this.#database
      .prepare('INSERT OR REPLACE INTO bases (document, checksum, body) VALUES (?, ?, ?)')
      .run(document, crc32(base.update), base.update);
    const rest = this.#database
      .prepare(
        `SELECT count(*) AS rows, coalesce(sum(length(body)), 0) AS bytes FROM updates
         WHERE document = ? AND number > ?`,
      )
      .get<{ rows: number; bytes: number }>(document, base.through) as {
      rows: number;
      bytes: number;
    };
    this.#database
      .prepare(
        'UPDATE documents SET base_through = ?, base_bytes = ?, rows = ?, row_bytes = ? WHERE id = ?',
      )
      .run(base.through, base.update.length, rest.rows, rest.bytes, document);
  }

  #document(guid: Guid): DocumentRow | undefined {
    return this.#database
      .prepare('SELECT id, last, base_through FROM documents WHERE mesh = ? AND guid = ?')
      .get<DocumentRow>(this.#id, guid);
  }

  #base(document: number, guid: Guid): Uint8Array {
    const row = this.#database
      .prepare('SELECT checksum, body FROM bases WHERE document = ?')
      .get<BodyRow>(document);
    if (row === undefined) throw this.#damaged(guid);
    return this.#checked(row, guid);
  }

  #checked(row: BodyRow, guid: Guid): Uint8Array {
    if (crc32(row.body) !== row.checksum) throw this.#damaged(guid);
    return row.body;
  }

  #damaged(guid: Guid): MnemeshError {
    return new MnemeshError(
      'store_failed',
      `${this.#database.path} holds a damaged row of document ${guid} in mesh ${this.mesh}. Put a backup in its place, or move it away: replicas bring their state again.`,
    );
  }

  #read<T>(run: () => T): T {
    this.#checkOpen();
    try {
      return run();
    } catch (error) {
      throw sqliteError(error, this.#database.path);
    }
  }

  /** A rejected write leaves the transaction rolled back; what is committed is read again by a new opening. */
  #write(run: () => void): void {
    this.#checkOpen();
    try {
      this.#database.transaction(run);
    } catch (error) {
      this.#state = 'failed';
      throw sqliteError(error, this.#database.path);
    }
  }

  #checkOpen(): void {
    if (this.#state === 'open') return;
    const why = this.#state === 'failed' ? 'A write to it was rejected.' : '';
    throw new MnemeshError('closed', `The log of mesh ${this.mesh} is closed. ${why}`.trim(), {
      retryable: this.#state === 'failed',
    });
  }
}

/** A group that the relay could not have meant; refused before anything is written. */
function checkGroup(group: AppendGroup): void {
  if (group.updates.length === 0) throw new RangeError('an append needs an update');
  const named = new Set(group.documents.map((document) => document.guid));
  for (const { guid } of group.updates) {
    if (!named.has(guid)) throw new RangeError(`the group has no state for ${guid}`);
  }
}
