import type { Analyzer, PostingsQuery } from '@mnemesh/core';
import type { Database } from '@mnemesh/sqlite';
import {
  type CountedTerms,
  countTerms,
  INDEXED_COLUMNS,
  type IndexedRecord,
  placeOf,
} from './indexed-record.js';
import type { ListBuilder } from './list-builder.js';

interface UnfoldedRecord
  extends CountedTerms,
    Pick<IndexedRecord, 'namespace' | 'collection' | 'archived' | 'created'>,
    ReturnType<typeof placeOf> {}

interface RecordRow extends IndexedRecord {
  readonly number: number;
}

const SELECT = `SELECT number, ${INDEXED_COLUMNS} FROM records`;

/**
 * The records that are in no block yet, less than a block of them: their terms, in memory. What was
 * written since is read again from the records when it is asked for, so that nothing here can
 * be ahead of what was committed.
 */
export class UnfoldedRecords {
  readonly #database: Database;
  readonly #stale = new Set<number>();
  readonly #analyzer: Analyzer | undefined;
  #records: Map<number, UnfoldedRecord> | undefined;

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
    this.#stale.clear();
  }

  /** Adds what is found to each term's list. @returns statistics of all records that pass the filters */
  search(
    from: number,
    query: PostingsQuery,
    lists: readonly ListBuilder[],
  ): { readonly records: number; readonly length: number } {
    const passes = filterOf(query);
    let records = 0;
    let length = 0;
    for (const [number, record] of this.#current(from)) {
      if (!passes(record)) continue;
      records++;
      length += record.length;
      for (const [i, term] of query.terms.entries()) {
        const count = record.counts.get(term);
        if (count === undefined) continue;
        const { created, thread, position, marks } = record;
        lists[i]?.add(number, count, record.length, created, thread, position, marks);
      }
    }
    return { records, length };
  }

  #current(from: number): Iterable<readonly [number, UnfoldedRecord]> {
    if (this.#records === undefined) {
      const rows = this.#database
        .prepare(`${SELECT} WHERE number >= ? ORDER BY number`)
        .all<RecordRow>(from);
      this.#records = new Map(rows.map((row) => [row.number, this.#counted(row)]));
    } else if (this.#stale.size > 0) {
      for (const number of this.#stale) this.#refresh(this.#records, number);
      this.#records = new Map([...this.#records].sort(([a], [b]) => a - b));
    }
    this.#stale.clear();
    return this.#records;
  }

  #refresh(records: Map<number, UnfoldedRecord>, number: number): void {
    const row = this.#database.prepare(`${SELECT} WHERE number = ?`).get<RecordRow>(number);
    if (row === undefined) records.delete(number);
    else records.set(number, this.#counted(row));
  }

  #counted({ text, number: _, ...row }: RecordRow): UnfoldedRecord {
    return { ...row, ...countTerms(this.#analyzer as Analyzer, text), ...placeOf(row) };
  }
}

function filterOf({
  namespaces,
  collection,
  archived = false,
}: PostingsQuery): (record: UnfoldedRecord) => boolean {
  const admitted = namespaces === undefined ? undefined : new Set<string>(namespaces);
  return (record) =>
    (admitted === undefined || admitted.has(record.namespace)) &&
    (collection === undefined || record.collection === collection) &&
    (archived === 'any' || record.archived === Number(archived));
}
