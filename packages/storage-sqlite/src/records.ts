import type { RecordQuery, StoredRecord } from '@mnemesh/core';
import type { Namespace, RecordId } from '@mnemesh/protocol';
import type { Database, Row, SqlValue } from '@mnemesh/sqlite';
import type { DocumentTables } from './documents.js';
import type { Quarantine } from './quarantine.js';
import { isSound, specs, TableWriter } from './tables.js';

interface RecordRow extends Row {
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
  readonly text: string;
  readonly view: string;
}

type Filter = Omit<RecordQuery, 'limit'>;

const SELECT = 'SELECT r.*, d.guid FROM records r JOIN documents d ON d.number = r.document';

/** Records as users see them, and the queries over them. */
export class RecordTable {
  readonly #database: Database;
  readonly #documents: DocumentTables;
  readonly #quarantine: Quarantine;
  readonly #records: TableWriter;

  constructor(database: Database, documents: DocumentTables, quarantine: Quarantine) {
    this.#database = database;
    this.#documents = documents;
    this.#quarantine = quarantine;
    this.#records = new TableWriter(database, specs.records);
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
    const { where, values } = conditions(query);
    const sql = `${SELECT} ${where} ORDER BY r.created DESC, r.id DESC LIMIT ?`;
    const rows = this.#database.prepare(sql).all<RecordRow>(...values, query.limit);
    const sound = this.#sound(rows);
    // What was damaged is out of the table now, so that the page is filled from the rest.
    return sound.length === rows.length ? sound : this.query(query);
  }

  count(filter: Omit<Filter, 'before'>): number {
    const { where, values } = conditions(filter);
    const row = this.#database
      .prepare(`SELECT COUNT(*) AS count FROM records r ${where}`)
      .get<{ count: number }>(...values);
    return row?.count ?? 0;
  }

  remove(namespace: Namespace, id: RecordId): void {
    this.#database.prepare('DELETE FROM records WHERE id = ? AND namespace = ?').run(id, namespace);
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
      text: record.text,
      view: record.view,
    };
    const known = this.#database
      .prepare('SELECT number FROM records WHERE id = ? AND namespace = ?')
      .get<{ number: number }>(record.id, record.namespace);
    if (known === undefined) this.#records.insert(row);
    else this.#records.update(known.number, row);
  }

  #sound(rows: readonly RecordRow[]): readonly StoredRecord[] {
    const damaged = rows.filter((row) => !isSound(specs.records, row));
    if (damaged.length === 0) return rows.map(stored);
    this.#database.transaction(() => {
      for (const row of damaged) this.#quarantine.take(specs.records, row, 'checksum');
    });
    return rows.filter((row) => !damaged.includes(row)).map(stored);
  }
}

function conditions(filter: Filter): {
  readonly where: string;
  readonly values: readonly SqlValue[];
} {
  const { namespaces, collection, state, conflicted, archived = false, words, before } = filter;
  const terms: string[] = [];
  const values: SqlValue[] = [];
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
  if (words !== undefined)
    term(`(${words.map(() => 'instr(r.text, ?)').join(' OR ') || '0'})`, ...words);
  if (before !== undefined) term('(r.created, r.id) < (?, ?)', before.created, before.id);
  return { where: terms.length === 0 ? '' : `WHERE ${terms.join(' AND ')}`, values };
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
    text: row.text,
    view: row.view,
  } as StoredRecord;
}
