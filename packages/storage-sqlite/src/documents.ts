import { promisify } from 'node:util';
import { deflateRaw, inflateRaw } from 'node:zlib';
import type { StoreBatch, StoredDocument, StoredDocumentHead } from '@mnemesh/core';
import { type Guid, MnemeshError, type Namespace, type SegmentName } from '@mnemesh/protocol';
import type { Database, Row, SqlValue } from '@mnemesh/sqlite';
import type { Quarantine } from './quarantine.js';
import { isSound, specs, type TableSpec, TableWriter } from './tables.js';

const inflate = promisify(inflateRaw);
const deflate = promisify(deflateRaw);

/** A snapshot as it will lie on disk. */
export interface PackedSnapshot {
  readonly guid: Guid;
  readonly through: number;
  readonly packed: Uint8Array;
}

/** Compresses off the event loop: a large snapshot would hold up every other write. */
export async function packSnapshots(
  snapshots: NonNullable<StoreBatch['snapshots']>,
): Promise<readonly PackedSnapshot[]> {
  return Promise.all(
    snapshots.map(async ({ guid, through, snapshot }) => ({
      guid,
      through,
      packed: await deflate(snapshot),
    })),
  );
}

interface DocumentRow extends Row {
  readonly number: number;
  readonly guid: Guid;
  readonly namespace: Namespace;
  readonly segment: SegmentName | null;
  readonly unacked: number;
  readonly lacking: number;
  readonly unscrubbed: number;
}

interface UpdateRow extends Row {
  readonly number: number;
  readonly size: number;
  readonly bytes: Uint8Array;
}

interface SnapshotRow extends Row {
  readonly through: number;
  readonly bytes: Uint8Array;
}

const MARKS =
  'EXISTS (SELECT 1 FROM unacked u WHERE u.document = d.number) AS unacked, ' +
  'EXISTS (SELECT 1 FROM lacking l WHERE l.document = d.number) AS lacking, ' +
  'EXISTS (SELECT 1 FROM unscrubbed s WHERE s.document = d.number) AS unscrubbed';

/** Documents: which there are, their snapshots and their logs. */
export class DocumentTables {
  readonly #database: Database;
  readonly #quarantine: Quarantine;
  readonly #documents: TableWriter;
  readonly #updates: TableWriter;
  readonly #snapshots: TableWriter;

  constructor(database: Database, quarantine: Quarantine) {
    this.#database = database;
    this.#quarantine = quarantine;
    this.#documents = new TableWriter(database, specs.documents);
    this.#updates = new TableWriter(database, specs.updates);
    this.#snapshots = new TableWriter(database, specs.snapshots);
  }

  heads(): readonly StoredDocumentHead[] {
    const logs = new Map(
      this.#database
        .prepare(
          `SELECT u.document, SUM(u.size) AS bytes, COUNT(*) FILTER (WHERE u.number > COALESCE(s.through, 0)) AS updates
           FROM updates u LEFT JOIN snapshots s ON s.document = u.document GROUP BY u.document`,
        )
        .all<{ document: number; bytes: number; updates: number }>()
        .map((log) => [log.document, log]),
    );
    const rows = this.#database
      .prepare(
        `SELECT d.*, ${MARKS}, COALESCE(LENGTH(s.bytes), 0) AS packed FROM documents d
         LEFT JOIN snapshots s ON s.document = d.number WHERE d.segment IS NOT NULL ORDER BY d.number`,
      )
      .all<DocumentRow & { packed: number }>();
    return rows.flatMap((row) => {
      const log = logs.get(row.number);
      return this.#checked(specs.documents, row)
        ? [head(row, row.packed + (log?.bytes ?? 0), log?.updates ?? 0)]
        : [];
    });
  }

  async read(guid: Guid): Promise<StoredDocument | undefined> {
    const row = this.#database
      .prepare(`SELECT d.*, ${MARKS} FROM documents d WHERE d.guid = ?`)
      .get<DocumentRow>(guid);
    if (row === undefined || row.segment === null || !this.#checked(specs.documents, row))
      return undefined;
    const found = this.#database
      .prepare('SELECT * FROM snapshots WHERE document = ?')
      .get<SnapshotRow>(row.number);
    const stored = found !== undefined && this.#checked(specs.snapshots, found) ? found : undefined;
    const through = stored?.through ?? 0;
    const all = this.#database
      .prepare('SELECT * FROM updates WHERE document = ? ORDER BY number')
      .all<UpdateRow>(row.number)
      .filter((update) => this.#checked(specs.updates, update));
    const log = all.filter((update) => update.number > through);
    const bytes = all.reduce((sum, update) => sum + update.size, stored?.bytes.length ?? 0);
    return {
      ...head(row, bytes, log.length),
      snapshot: stored === undefined ? undefined : plain(await inflate(stored.bytes)),
      snapshotThrough: through,
      log: log.map((update) => ({ number: update.number, update: update.bytes })),
    };
  }

  /** The number by which other tables name a document, given to it now if it has none. */
  number(guid: Guid, namespace: Namespace): number {
    return this.#find(guid) ?? this.#documents.insert({ guid, namespace, segment: null });
  }

  find(guid: Guid): number | undefined {
    return this.#find(guid);
  }

  makeKnown(guid: Guid, namespace: Namespace, segment: SegmentName): void {
    const row = this.#database
      .prepare('SELECT * FROM documents WHERE guid = ?')
      .get<DocumentRow>(guid);
    if (row === undefined) this.#documents.insert({ guid, namespace, segment });
    else if (row.segment === null) this.#documents.update(row.number, { guid, namespace, segment });
  }

  mark(mark: 'unacked' | 'lacking' | 'unscrubbed', guid: Guid, isSet: boolean): void {
    const sql = isSet
      ? `INSERT OR IGNORE INTO ${mark} (document) SELECT number FROM documents WHERE guid = ?`
      : `DELETE FROM ${mark} WHERE document = (SELECT number FROM documents WHERE guid = ?)`;
    this.#database.prepare(sql).run(guid);
  }

  /**
   * The condition on rows with an id that belong to this document. Ids begin with their segment, and are
   * looked for there: an index for it would cost every write. With a segment's records may lie what is
   * stored of their prose documents, whose segments are named after it.
   */
  whereOf(number: number): { readonly sql: string; readonly values: readonly SqlValue[] } {
    const segment = this.#database
      .prepare('SELECT segment FROM documents WHERE number = ?')
      .get<Pick<DocumentRow, 'segment'>>(number)?.segment;
    if (segment === undefined || segment === null) return { sql: 'document = ?', values: [number] };
    // What follows the dot, and the hyphen, in the order of characters ends the range.
    const ranges = [`${segment}.`, `${segment}/`, `p${segment}-`, `p${segment}.`];
    const sql = '((id >= ? AND id < ?) OR (id >= ? AND id < ?)) AND document = ?';
    return { sql, values: [...ranges, number] };
  }

  /** A document with its rows and marks. */
  remove(number: number): void {
    for (const table of ['updates', 'snapshots', 'unacked', 'lacking', 'unscrubbed'])
      this.#database.prepare(`DELETE FROM ${table} WHERE document = ?`).run(number);
    this.#database.prepare('DELETE FROM documents WHERE number = ?').run(number);
  }

  append(guid: Guid, update: Uint8Array): void {
    this.#updates.insert({ document: this.#known(guid), size: update.length, bytes: update });
  }

  replaceSnapshot({ guid, through, packed }: PackedSnapshot): void {
    const document = this.#known(guid);
    const covered = this.#through(document);
    const given = this.#lastNumber();
    if (through < covered || through > given) {
      throw new MnemeshError(
        'bad_input',
        `A snapshot through ${through} does not follow the one through ${covered}, or covers more than the ${given} updates there were.`,
      );
    }
    this.#snapshots.insert({ document, through, bytes: packed });
  }

  prune(guid: Guid, through: number): void {
    const document = this.#known(guid);
    const covered = this.#through(document);
    if (through > covered) {
      throw new MnemeshError(
        'bad_input',
        `Updates up to ${through} cannot go: the snapshot covers ${covered}.`,
      );
    }
    this.#database
      .prepare('DELETE FROM updates WHERE document = ? AND number <= ?')
      .run(document, through);
  }

  #find(guid: Guid): number | undefined {
    return this.#database
      .prepare('SELECT number FROM documents WHERE guid = ?')
      .get<{ number: number }>(guid)?.number;
  }

  #known(guid: Guid): number {
    const row = this.#database
      .prepare('SELECT number FROM documents WHERE guid = ? AND segment IS NOT NULL')
      .get<{ number: number }>(guid);
    if (row === undefined)
      throw new MnemeshError('not_found', `This store was never told of the document ${guid}.`);
    return row.number;
  }

  #through(document: number): number {
    const row = this.#database
      .prepare('SELECT through FROM snapshots WHERE document = ?')
      .get<SnapshotRow>(document);
    return row?.through ?? 0;
  }

  #lastNumber(): number {
    const row = this.#database
      .prepare("SELECT seq FROM sqlite_sequence WHERE name = 'updates'")
      .get<{ seq: number }>();
    return row?.seq ?? 0;
  }

  #checked(table: TableSpec, row: Row): boolean {
    if (isSound(table, row)) return true;
    this.#database.transaction(() => this.#quarantine.take(table, row, 'checksum'));
    return false;
  }
}

function head(row: DocumentRow, bytes: number, updates: number): StoredDocumentHead {
  const { guid, namespace, segment, unacked, lacking, unscrubbed } = row;
  return {
    guid,
    namespace,
    segment: segment as SegmentName,
    bytes,
    updates,
    unacked: unacked === 1,
    lacking: lacking === 1,
    unscrubbed: unscrubbed === 1,
  };
}

function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
