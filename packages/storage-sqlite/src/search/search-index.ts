import type { Analyzer, Postings, PostingsQuery } from '@mnemesh/core';
import { MnemeshError } from '@mnemesh/protocol';
import type { Database } from '@mnemesh/sqlite';
import { DamagedIndexError } from './damage.js';
import {
  type CountedTerms,
  countTerms,
  INDEXED_COLUMNS,
  type IndexedRecord,
  placeOf,
} from './indexed-record.js';
import { ListBuilder } from './list-builder.js';
import { PostedSlots } from './posted-slots.js';
import { PostingTable } from './posting-table.js';
import { ScopeTable } from './scopes.js';
import { BLOCK_RECORDS, emptyColumns, type Slot, SlotTable } from './slots.js';
import { UnfoldedRecords } from './unfolded.js';

/**
 * Which records hold which terms. Records are indexed a block at a time, when the block is full: a
 * single write costs the index nothing, and the few records after the last block are searched as they
 * are. A change of an indexed record changes just the rows of the terms that it gained or lost.
 * Without an analyzer there is no index: what an earlier opening left is emptied by the first change.
 */
export class SearchIndex {
  readonly #database: Database;
  readonly #scopes: ScopeTable;
  readonly #slots: SlotTable;
  readonly #postings: PostingTable;
  readonly #unfolded: UnfoldedRecords;
  readonly #analyzer: Analyzer | undefined;
  #folded: number | undefined;

  constructor(database: Database, analyzer: Analyzer | undefined) {
    this.#database = database;
    this.#analyzer = analyzer;
    this.#scopes = new ScopeTable(database);
    this.#slots = new SlotTable(database);
    this.#postings = new PostingTable(database);
    this.#unfolded = new UnfoldedRecords(database, analyzer);
  }

  /** Full blocks that are not indexed yet. More than a few only in a store that had no index, or lost it. */
  get backlog(): number {
    if (this.#analyzer === undefined) return 0;
    const last = this.#database
      .prepare('SELECT MAX(number) AS number FROM records')
      .get<{ number: number | null }>();
    return Math.max(0, blockOf((last?.number ?? 0) + 1) - this.#blocks);
  }

  /** Indexes the next full block. Inside a transaction. */
  foldNext(): void {
    this.#orReset(() => this.#fold(this.#blocks));
  }

  /** A record was put or removed. Inside the transaction that does it. */
  changed(
    number: number,
    before: IndexedRecord | undefined,
    after: IndexedRecord | undefined,
  ): void {
    if (blockOf(number) >= this.#blocks) {
      this.#unfolded.changed(number);
      return;
    }
    if (before !== undefined && after !== undefined && isSame(before, after)) return;
    if (this.#analyzer === undefined) this.reset();
    else this.#orReset(() => this.#edit(number, before, after));
  }

  /** Does the index hold this record? Then its change needs to know what it was. */
  isFolded(number: number): boolean {
    return blockOf(number) < this.#blocks;
  }

  /** @throws DamagedIndexError, and MnemeshError `bad_input` without an analyzer */
  search(query: PostingsQuery): Postings {
    this.#terms();
    const lists = query.terms.map(() => new ListBuilder());
    const blocks = this.#blocks;
    const admitted = this.#scopes.admitted(query);
    const from = blocks * BLOCK_RECORDS;
    const posted = new PostedSlots(this.#slots, blocks, this.#unfolded.at(from));
    for (const [i, term] of query.terms.entries()) {
      const list = lists[i] as ListBuilder;
      this.#postings.read(term, blocks, (block, postings) => {
        const { scopes, scopesHeld } = posted.read(block);
        const first = block * BLOCK_RECORDS;
        const isAll = scopesHeld.every((scope) => admitted.numbers.has(scope));
        if (isAll) list.addBlock(first, postings);
        else list.addAdmitted(first, postings, scopes, admitted.numbers);
      });
    }
    const rest = this.#unfolded.search(from, query, lists);
    return {
      records: admitted.records + rest.records,
      length: admitted.length + rest.length,
      lists: lists.map((list) => list.list()),
      posted,
    };
  }

  /** Empties the index; `foldNext` builds it anew. Inside a transaction. */
  reset(): void {
    resetSearch(this.#database);
    this.forget();
  }

  /** A transaction was undone: what is kept in memory may be of it. */
  forget(): void {
    this.#folded = undefined;
    this.#slots.forget();
    this.#unfolded.forget();
  }

  /** An index of other terms, or a damaged one, is emptied. Before anything else is asked of it. */
  check(everything: boolean): void {
    const row = readSearch(this.#database);
    const isOther =
      this.#analyzer !== undefined && row !== undefined && row.terms !== this.#analyzer?.version;
    if (row === undefined || (!everything && !isOther)) return;
    this.#database.transaction(() =>
      this.#orReset(() => {
        if (isOther) throw new DamagedIndexError('search');
        this.#scopes.admitted({ terms: [], archived: 'any' });
        this.#slots.check(row.folded);
        this.#postings.check();
      }),
    );
  }

  #terms(): Analyzer {
    if (this.#analyzer !== undefined) return this.#analyzer;
    throw new MnemeshError(
      'bad_input',
      'This store was opened without an analyzer and is not searched. Open it with one.',
    );
  }

  #orReset(run: () => void): void {
    try {
      run();
    } catch (error) {
      if (!(error instanceof DamagedIndexError)) throw error;
      this.reset();
    }
  }

  get #blocks(): number {
    this.#folded ??= readSearch(this.#database)?.folded ?? 0;
    return this.#folded;
  }

  #setFolded(folded: number): void {
    this.#database
      .prepare('INSERT OR REPLACE INTO search (one, terms, folded) VALUES (1, ?, ?)')
      .run(this.#terms().version, folded);
    this.#folded = folded;
  }

  #fold(block: number): void {
    const rows = this.#database
      .prepare(`SELECT number, ${INDEXED_COLUMNS} FROM records WHERE number >= ? AND number < ?`)
      .all<IndexedRecord & { readonly number: number }>(
        block * BLOCK_RECORDS,
        (block + 1) * BLOCK_RECORDS,
      );
    const columns = emptyColumns();
    const entries = new Map<string, [offset: number, count: number][]>();
    for (const { number, ...record } of rows) {
      const offset = number % BLOCK_RECORDS;
      const { counts, length, marks } = countTerms(this.#terms(), record.text);
      columns.scopes[offset] = this.#scopes.add(record, 1, length);
      columns.lengths[offset] = length;
      columns.created[offset] = record.created;
      const { thread, position } = placeOf(record);
      columns.threads[offset] = thread;
      columns.positions[offset] = position;
      columns.marks[offset] = marks;
      for (const [term, count] of counts) {
        const list = entries.get(term);
        if (list === undefined) entries.set(term, [[offset, count]]);
        else list.push([offset, count]);
      }
    }
    this.#slots.write(block, columns);
    this.#postings.writeBlock(block, entries);
    this.#setFolded(block + 1);
    this.#unfolded.forget();
  }

  #edit(number: number, before: IndexedRecord | undefined, after: IndexedRecord | undefined): void {
    const block = blockOf(number);
    const offset = number % BLOCK_RECORDS;
    const analyzer = this.#terms();
    const old = before === undefined ? noTerms : countTerms(analyzer, before.text);
    const fresh = after === undefined ? noTerms : countTerms(analyzer, after.text);
    if (before !== undefined) this.#scopes.add(before, -1, -old.length);
    const scope = after === undefined ? 0 : this.#scopes.add(after, 1, fresh.length);
    const { length, marks } = fresh;
    const place = after === undefined ? noPlace : placeOf(after);
    const slot: Slot = { scope, length, marks, created: after?.created ?? 0, ...place };
    this.#slots.edit(block, offset, slot);
    for (const term of new Set([...old.counts.keys(), ...fresh.counts.keys()])) {
      const count = fresh.counts.get(term) ?? 0;
      if (count !== (old.counts.get(term) ?? 0)) this.#postings.edit(term, block, offset, count);
    }
  }
}

const noTerms: CountedTerms = { counts: new Map(), length: 0, marks: 0 };
const noPlace = { thread: 0, position: 0 };

function blockOf(number: number): number {
  return Math.floor(number / BLOCK_RECORDS);
}

function isSame(a: IndexedRecord, b: IndexedRecord): boolean {
  return (
    a.text === b.text &&
    a.archived === b.archived &&
    a.created === b.created &&
    a.thread === b.thread &&
    a.position === b.position &&
    a.collection === b.collection &&
    a.namespace === b.namespace
  );
}

function readSearch(
  database: Database,
): { readonly terms: number; readonly folded: number } | undefined {
  return database.prepare('SELECT terms, folded FROM search').get();
}

const TABLES = ['search', 'search_scopes', 'search_slots', 'search_postings'] as const;

/** Records were lost or exchanged behind the index's back, or it is damaged itself. */
export function resetSearch(database: Database): void {
  for (const table of TABLES) database.prepare(`DELETE FROM ${table}`).run();
}
