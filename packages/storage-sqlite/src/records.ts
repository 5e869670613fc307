import type { PlaceBeside, RecordQuery, StoredRecord, ThreadQuery } from '@mnemesh/core';
import type { Namespace, RecordId } from '@mnemesh/protocol';
import type { Database, Row, SqlValue } from '@mnemesh/sqlite';
import type { DocumentTables } from './documents.js';
import type { Quarantine } from './quarantine.js';
import { isSuperseded, type ReferenceTables } from './references.js';
import { INDEXED_COLUMNS, type IndexedRecord } from './search/indexed-record.js';
import type { SearchIndex } from './search/search-index.js';
import { VectorTable } from './search/vector-table.js';
import { isSound, specs, TableWriter } from './tables.js';

interface RecordRow extends Row {
  readonly number: number;
  readonly guid: string;
  readonly namespace: string;
  readonly id: string;
  readonly collection: string;
  readonly created: number;
  readonly updated: number;
  readonly archived: number;
  readonly conflicted: number;
  readonly state: string | null;
  readonly ref: string | null;
  readonly thread: string | null;
  readonly position: number | null;
  readonly text: string;
  readonly view: string;
}

type Filter = Omit<RecordQuery, 'limit'>;

const SELECT = 'SELECT r.*, d.guid FROM records r JOIN documents d ON d.number = r.document';

/** From what refers in this way to the records: there are few, and records many. */
const BY_REFERENCE = 'SELECT DISTINCT id, namespace FROM record_references WHERE kind = ?';

/** Records as users see them, and the queries over them. */
export class RecordTable {
  readonly #database: Database;
  readonly #documents: DocumentTables;
  readonly #quarantine: Quarantine;
  readonly #search: SearchIndex;
  readonly #references: ReferenceTables;
  readonly #records: TableWriter;
  readonly vectors: VectorTable;

  constructor(
    database: Database,
    documents: DocumentTables,
    quarantine: Quarantine,
    search: SearchIndex,
    references: ReferenceTables,
  ) {
    this.#database = database;
    this.#documents = documents;
    this.#quarantine = quarantine;
    this.#search = search;
    this.#references = references;
    this.#records = new TableWriter(database, specs.records);
    this.vectors = new VectorTable(database);
  }

  get(namespace: Namespace, id: RecordId): StoredRecord | undefined {
    const row = this.#database
      .prepare(`${SELECT} WHERE r.id = ? AND r.namespace = ?`)
      .get<RecordRow>(id, namespace);
    return row === undefined ? undefined : this.#sound([row])[0];
  }

  /** Of several, the one created first. */
  byRef(namespace: Namespace, ref: string): StoredRecord | undefined {
    const rows = this.#database
      .prepare(`${SELECT} WHERE r.namespace = ? AND r.ref = ? ORDER BY r.created, r.id`)
      .all<RecordRow>(namespace, ref);
    return this.#sound(rows)[0];
  }

  query(query: RecordQuery): readonly StoredRecord[] {
    const { from, where, values } = conditions(query);
    const sql = `SELECT r.*, d.guid FROM ${from} JOIN documents d ON d.number = r.document ${where} ORDER BY r.created DESC, r.id DESC LIMIT ?`;
    const rows = this.#database.prepare(sql).all<RecordRow>(...values, query.limit);
    const sound = this.#sound(rows);
    // What was damaged is out of the table now, so that the page is filled from the rest.
    return sound.length === rows.length ? sound : this.query(query);
  }

  count(filter: Omit<Filter, 'before'>): number {
    const { from, where, values } = conditions(filter);
    const row = this.#database
      .prepare(`SELECT COUNT(*) AS count FROM ${from} ${where}`)
      .get<{ count: number }>(...values);
    return row?.count ?? 0;
  }

  thread({
    namespace,
    thread,
    limit,
    direction = 'forward',
    from,
  }: ThreadQuery): readonly StoredRecord[] {
    const [order, beyond] = direction === 'forward' ? ['ASC', '>'] : ['DESC', '<'];
    const after = from === undefined ? '' : `AND (r.position, r.created, r.id) ${beyond} (?, ?, ?)`;
    const place = from === undefined ? [] : [from.position, from.created, from.id];
    const rows = this.#database
      .prepare(
        `${SELECT} WHERE r.namespace = ? AND r.thread = ? ${after}
         ORDER BY r.position ${order}, r.created ${order}, r.id ${order} LIMIT ?`,
      )
      .all<RecordRow>(namespace, thread, ...place, limit);
    const sound = this.#sound(rows);
    // As in `query`: the page is filled from the rest.
    return sound.length === rows.length
      ? sound
      : this.thread({
          namespace,
          thread,
          limit,
          direction,
          ...(from === undefined ? {} : { from }),
        });
  }

  /** The records at these places of threads, by their numbers. */
  beside(places: readonly PlaceBeside[]): ReadonlyMap<number, StoredRecord> {
    const given = places.map(({ slot, offset }) => [slot, offset]);
    return this.#byNumber(
      `json_each(?) p CROSS JOIN records o ON o.number = p.value ->> 0
       CROSS JOIN records r ON r.namespace = o.namespace AND r.thread = o.thread AND r.position = o.position + (p.value ->> 1)`,
      given,
    );
  }

  /** The records of these numbers, without those that are gone. */
  at(numbers: readonly number[]): ReadonlyMap<number, StoredRecord> {
    return this.#byNumber('json_each(?) n CROSS JOIN records r ON r.number = n.value', numbers);
  }

  /** All in one statement: each costs as much as reading a record. */
  #byNumber(from: string, given: readonly unknown[]): ReadonlyMap<number, StoredRecord> {
    const rows = this.#database
      .prepare(`SELECT r.*, d.guid FROM ${from} JOIN documents d ON d.number = r.document`)
      .all<RecordRow>(JSON.stringify(given));
    const sound = this.#sound(rows);
    // What was damaged is out of the table now.
    if (sound.length !== rows.length) return this.#byNumber(from, given);
    return new Map(sound.map((record, i) => [(rows[i] as RecordRow).number, record]));
  }

  remove(namespace: Namespace, id: RecordId): void {
    this.#references.drop(namespace, id);
    const number = this.#find(namespace, id);
    if (number === undefined) return;
    this.#search.changed(number, this.#indexed(number), undefined);
    this.vectors.drop(number);
    this.#database.prepare('DELETE FROM records WHERE number = ?').run(number);
  }

  /** Every record of one document, and what any of it refers to. */
  removeOf(document: number): void {
    const { sql, values } = this.#documents.whereOf(document);
    const records = this.#database
      .prepare(`SELECT namespace, id FROM records WHERE ${sql}`)
      .all<{ namespace: Namespace; id: RecordId }>(...values);
    for (const { namespace, id } of records) this.remove(namespace, id);
    this.#database.prepare(`DELETE FROM record_references WHERE ${sql}`).run(...values);
  }

  put(record: StoredRecord): void {
    const row = {
      document: this.#documents.number(record.guid, record.namespace),
      namespace: record.namespace,
      id: record.id,
      collection: record.collection,
      created: record.created,
      updated: record.updated,
      archived: Number(record.archived),
      conflicted: Number(record.conflicted),
      state: record.state ?? null,
      ref: record.ref ?? null,
      thread: record.thread ?? null,
      position: record.position ?? null,
      text: record.text,
      view: record.view,
    };
    this.#references.drop(record.namespace, record.id);
    const known = this.#find(record.namespace, record.id);
    const before = known === undefined ? undefined : this.#indexed(known);
    const hasText = known !== undefined && this.#hasText(known, record.text);
    const number = known ?? this.#records.insert(row);
    if (known !== undefined) this.#records.update(known, row);
    if (!hasText) this.vectors.textChanged(number);
    this.#search.changed(number, before, row);
  }

  #find(namespace: Namespace, id: RecordId): number | undefined {
    return this.#database
      .prepare('SELECT number FROM records WHERE id = ? AND namespace = ?')
      .get<{ number: number }>(id, namespace)?.number;
  }

  #hasText(number: number, text: string): boolean {
    const select = 'SELECT 1 AS one FROM records WHERE number = ? AND text = ?';
    return this.#database.prepare(select).get(number, text) !== undefined;
  }

  /** What the index holds of a record. */
  #indexed(number: number): IndexedRecord | undefined {
    if (!this.#search.isFolded(number)) return undefined;
    return this.#database
      .prepare(`SELECT ${INDEXED_COLUMNS} FROM records WHERE number = ?`)
      .get<IndexedRecord>(number);
  }

  #sound(rows: readonly RecordRow[]): readonly StoredRecord[] {
    const damaged = rows.filter((row) => !isSound(specs.records, row));
    if (damaged.length === 0) return rows.map(stored);
    this.#database.transaction(() => {
      for (const row of damaged) this.#quarantine.take(specs.records, row, 'checksum');
      this.#search.reset();
    });
    return rows.filter((row) => !damaged.includes(row)).map(stored);
  }
}

function conditions(filter: Filter): {
  readonly from: string;
  readonly where: string;
  readonly values: readonly SqlValue[];
} {
  const { namespaces, collection, state, conflicted, archived = false, before } = filter;
  const { refersTo, superseded } = filter;
  const terms: string[] = [];
  const values: SqlValue[] = [];
  let from = 'records r';
  if (refersTo !== undefined) {
    const { kind, target } = refersTo;
    const rows = target === undefined ? BY_REFERENCE : `${BY_REFERENCE} AND target = ?`;
    from = `(${rows}) x CROSS JOIN records r ON r.id = x.id AND r.namespace = x.namespace`;
    values.push(kind, ...(target === undefined ? [] : [target]));
  }
  const term = (sql: string, ...bound: readonly SqlValue[]): void => {
    terms.push(sql);
    values.push(...bound);
  };
  if (namespaces !== undefined)
    term(`r.namespace IN (${namespaces.map(() => '?')})`, ...namespaces);
  if (collection !== undefined) term('r.collection = ?', collection);
  if (state !== undefined) term('r.state = ?', state);
  if (conflicted !== undefined) term(`r.conflicted = ${Number(conflicted)}`);
  if (archived !== 'any') term('r.archived = ?', Number(archived));
  if (superseded !== undefined) term(`${superseded ? '' : 'NOT '}${isSuperseded('r')}`);
  if (before !== undefined) term('(r.created, r.id) < (?, ?)', before.created, before.id);
  return { from, where: terms.length === 0 ? '' : `WHERE ${terms.join(' AND ')}`, values };
}

function stored(row: RecordRow): StoredRecord {
  return {
    namespace: row.namespace,
    id: row.id,
    guid: row.guid,
    collection: row.collection,
    created: row.created,
    updated: row.updated,
    archived: row.archived === 1,
    conflicted: row.conflicted === 1,
    state: row.state ?? undefined,
    ref: row.ref ?? undefined,
    thread: row.thread ?? undefined,
    position: row.position ?? undefined,
    text: row.text,
    view: row.view,
  } as StoredRecord;
}
