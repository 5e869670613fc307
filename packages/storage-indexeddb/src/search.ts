import type { Analyzer, Postings, PostingsQuery } from '@mnemesh/core';
import { type Connection, result } from './connection.js';
import { badInput } from './errors.js';
import { PostingsIndex } from './postings-index.js';
import type { RecordRow } from './rows.js';
import type { Slots } from './slots.js';
import type { RecordChange } from './stage.js';

/** Records read at once while the index is built, at most: between two pages the page of the site can do other things. */
const PAGE_ROWS = 250;
/** Characters of their texts, about: as many rows are read as are likely to have them. */
const PAGE_CHARS = 2 ** 20;
/** Records read first, of which nothing is known. */
const FIRST_ROWS = 16;

/**
 * Lexical search: postings in memory, built from the records when somebody searches first, and kept up with
 * every commit from then on.
 */
export class Search {
  readonly #analyzer: Analyzer | undefined;
  readonly #slots: Slots;
  #index: PostingsIndex | undefined;
  #building: Promise<PostingsIndex> | undefined;
  /** Commits while the index is being built. */
  #missed: RecordChange[] = [];

  constructor(analyzer: Analyzer | undefined, slots: Slots) {
    this.#analyzer = analyzer;
    this.#slots = slots;
  }

  /** Of a commit that is written. */
  changed(changes: readonly RecordChange[]): void {
    if (this.#index !== undefined) for (const change of changes) follow(this.#index, change);
    else if (this.#building !== undefined) this.#missed.push(...changes);
  }

  /** @throws MnemeshError `bad_input` without an analyzer */
  async postings(connection: Connection, query: PostingsQuery): Promise<Postings> {
    if (this.#analyzer === undefined) throw badInput('This store was opened without an analyzer.');
    this.#building ??= this.#build(connection, new PostingsIndex(this.#analyzer, this.#slots));
    return (await this.#building).postings(query);
  }

  async #build(connection: Connection, index: PostingsIndex): Promise<PostingsIndex> {
    try {
      let rows = FIRST_ROWS;
      for (let after: IDBKeyRange | null = null; ; ) {
        const page = await readPage(connection, after, rows);
        for (const row of page) index.put(row);
        const last = page.at(-1);
        if (page.length < rows || last === undefined) break;
        rows = rowsAfter(page);
        after = IDBKeyRange.lowerBound([last.namespace, last.id], true);
      }
    } catch (error) {
      // Whoever searches next begins anew.
      this.#building = undefined;
      this.#missed = [];
      throw error;
    }
    for (const change of this.#missed) follow(index, change);
    this.#missed = [];
    this.#index = index;
    return index;
  }
}

function readPage(
  connection: Connection,
  after: IDBKeyRange | null,
  rows: number,
): Promise<readonly RecordRow[]> {
  return connection.read(['records'], (stores) =>
    result<RecordRow[]>(stores('records').getAll(after, rows)),
  );
}

/** So many as have a page's characters if they are like these. */
function rowsAfter(page: readonly RecordRow[]): number {
  const chars = page.reduce((sum, { text, view }) => sum + text.length + view.length, 0);
  const fitting = Math.floor((PAGE_CHARS * page.length) / Math.max(1, chars));
  return Math.max(1, Math.min(PAGE_ROWS, fitting));
}

function follow(index: PostingsIndex, [key, record]: RecordChange): void {
  if (record === undefined) index.remove(key);
  else index.put(withoutUndefined(record));
}

function withoutUndefined(record: NonNullable<RecordChange[1]>) {
  const { thread, position, ...rest } = record;
  return {
    ...rest,
    ...(thread === undefined ? {} : { thread }),
    ...(position === undefined ? {} : { position }),
  };
}
