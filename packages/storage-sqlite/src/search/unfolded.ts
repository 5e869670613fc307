import type { Analyzer, PostedRecord, PostingsQuery } from '@mnemesh/core';
import type { Database } from '@mnemesh/sqlite';
import { countTerms, INDEXED_COLUMNS, type IndexedRecord, placeOf } from './indexed-record.js';
import type { ListBuilder } from './list-builder.js';

type Filtered = Pick<IndexedRecord, 'namespace' | 'collection' | 'archived'>;

/** Records that a query's filters cannot tell apart: how many, and terms in their texts. */
interface Scope extends Filtered {
  records: number;
  length: number;
}

interface UnfoldedRecord extends Filtered, PostedRecord {
  readonly counts: ReadonlyMap<string, number>;
}

/** By what their numbers exceed the first one's. */
type Records = (UnfoldedRecord | undefined)[];

interface RecordRow extends IndexedRecord {
  readonly number: number;
}

const SELECT = `SELECT number, ${INDEXED_COLUMNS} FROM records`;

/**
 * The records that are in no block yet, less than a block of them unless much was written just now: their
 * terms, in memory. What was written since is read again from the records when it is asked for, so
 * that nothing here can be ahead of what was committed.
 */
export class UnfoldedRecords {
  readonly #database: Database;
  readonly #stale = new Set<number>();
  readonly #analyzer: Analyzer | undefined;
  /** Undefined until somebody asks. Copied before it is changed: who searched holds it. */
  #records: Records | undefined;
  /** Numbers of the records that hold each term; sorted when it is asked for. */
  readonly #lists = new Map<string, Set<number>>();
  readonly #scopes = new Map<string, Scope>();

  constructor(database: Database, analyzer: Analyzer | undefined) {
    this.#database = database;
    this.#analyzer = analyzer;
  }

  /** This record was put or removed. */
  changed(number: number): void {
    if (this.#records !== undefined) this.#stale.add(number);
  }

  forget(): void {
    this.#records = undefined;
    this.#lists.clear();
    this.#scopes.clear();
    this.#stale.clear();
  }

  /** Adds what is found to each term's list. @returns statistics of all records that pass the filters */
  search(
    from: number,
    query: PostingsQuery,
    lists: readonly ListBuilder[],
  ): { readonly records: number; readonly length: number } {
    const all = this.at(from);
    for (const [i, term] of query.terms.entries()) {
      for (const number of ascending(this.#lists.get(term))) {
        const record = all[number - from] as UnfoldedRecord;
        if (passes(record, query)) lists[i]?.add(number, record.counts.get(term) ?? 0);
      }
    }
    let records = 0;
    let length = 0;
    for (const scope of this.#scopes.values()) {
      if (!passes(scope, query)) continue;
      records += scope.records;
      length += scope.length;
    }
    return { records, length };
  }

  /** All of them as they are now, the record of number `from` first; what is written later does not change it. */
  at(from: number): readonly (UnfoldedRecord | undefined)[] {
    if (this.#records === undefined) {
      this.#records = [];
      const rows = this.#database.prepare(`${SELECT} WHERE number >= ?`).iterate<RecordRow>(from);
      for (const row of rows) this.#add(this.#records, row, from);
    }
    if (this.#stale.size > 0) this.#records = this.#refreshed(this.#records, from);
    return this.#records;
  }

  #refreshed(before: Readonly<Records>, from: number): Records {
    const records = before.slice();
    const select = this.#database.prepare(`${SELECT} WHERE number = ?`);
    // All are read before anything is changed: reading may fail.
    const rows = [...this.#stale].map((number) => select.get<RecordRow>(number));
    for (const number of this.#stale) this.#drop(records, number, from);
    for (const row of rows) if (row !== undefined) this.#add(records, row, from);
    this.#stale.clear();
    return records;
  }

  #add(records: Records, row: RecordRow, from: number): void {
    const { counts, length, marks } = countTerms(this.#analyzer as Analyzer, row.text);
    const { thread, position } = placeOf(row);
    const { number, namespace, collection, archived, created } = row;
    // Written out: objects that are spread together from rows are slow to read.
    records[number - from] = {
      namespace,
      collection,
      archived,
      created,
      counts,
      length,
      marks,
      thread,
      position,
    };
    this.#count({ namespace, collection, archived }, 1, length);
    for (const term of counts.keys()) {
      const list = this.#lists.get(term);
      if (list === undefined) this.#lists.set(term, new Set([number]));
      else list.add(number);
    }
  }

  #drop(records: Records, number: number, from: number): void {
    const record = records[number - from];
    if (record === undefined) return;
    this.#count(record, -1, -record.length);
    for (const term of record.counts.keys()) {
      const list = this.#lists.get(term);
      list?.delete(number);
      if (list?.size === 0) this.#lists.delete(term);
    }
    records[number - from] = undefined;
  }

  #count({ namespace, collection, archived }: Filtered, records: number, length: number): void {
    const key = `${namespace}\n${collection}\n${archived}`;
    const scope = this.#scopes.get(key) ?? {
      namespace,
      collection,
      archived,
      records: 0,
      length: 0,
    };
    scope.records += records;
    scope.length += length;
    this.#scopes.set(key, scope);
  }
}

/** Mostly they are in order as they are; one that was written again comes last. */
function ascending(numbers: ReadonlySet<number> = new Set()): readonly number[] {
  const list = [...numbers];
  const isAscending = list.every((number, i) => i === 0 || (list[i - 1] as number) < number);
  return isAscending ? list : list.sort((a, b) => a - b);
}

function passes(
  record: Filtered,
  { namespaces, collection, archived = false }: PostingsQuery,
): boolean {
  return (
    (namespaces === undefined || (namespaces as readonly string[]).includes(record.namespace)) &&
    (collection === undefined || record.collection === collection) &&
    (archived === 'any' || record.archived === Number(archived))
  );
}
