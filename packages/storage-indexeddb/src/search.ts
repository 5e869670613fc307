import type { Analyzer, Postings, PostingsQuery } from '@mnemesh/core';
import { type Connection, result } from './connection.js';
import { badInput } from './errors.js';
import { PostingsIndex } from './postings-index.js';
import type { RecordRow } from './rows.js';
import type { Slots } from './slots.js';
import type { RecordChange } from './stage.js';

/** Records read at once while the index is built: between two pages the page of the site can do other things. */
const PAGE = 250;

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
      for (let after: IDBKeyRange | null = null; ; ) {
        const page = await readPage(connection, after);
        for (const row of page) index.put(row);
        const last = page.at(-1);
        if (page.length < PAGE || last === undefined) break;
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
): Promise<readonly RecordRow[]> {
  return connection.read(['records'], (stores) =>
    result<RecordRow[]>(stores('records').getAll(after, PAGE)),
  );
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
