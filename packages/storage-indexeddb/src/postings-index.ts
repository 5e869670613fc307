import {
  type Analyzer,
  type PostingList,
  type Postings,
  type PostingsQuery,
  threadNumber,
} from '@mnemesh/core';
import type { RecordKey } from './found.js';
import type { RecordRow } from './rows.js';
import type { Slots } from './slots.js';
import { textNumber } from './text-number.js';

/** What of a record the index is made of. */
export type IndexedRecord = Pick<
  RecordRow,
  'namespace' | 'id' | 'collection' | 'created' | 'thread' | 'position' | 'text'
> & { readonly archived: 0 | 1 | boolean };

/** Records that a query's filters cannot tell apart. */
interface Scope {
  readonly namespace: string;
  readonly collection: string;
  readonly archived: boolean;
  records: number;
  length: number;
}

/** One indexed record, at its slot. */
interface Entry {
  scope: Scope;
  readonly text: number;
  readonly length: number;
  readonly marks: number;
  readonly created: number;
  thread: number;
  position: number;
}

/** Dead entries that the lists may hold before they are cleared of them, whatever lives. */
const DEAD_KEPT = 1_000;

/**
 * Postings in memory. A list only grows at its end: a record whose text changed gets a new slot, and the
 * old one stays in the lists, dead, until there are more dead than living.
 */
export class PostingsIndex {
  readonly #analyzer: Analyzer;
  readonly #slots: Slots;
  readonly #entries = new Map<number, Entry>();
  /** Slot, count, slot, count, … for each term. */
  readonly #lists = new Map<string, number[]>();
  readonly #scopes = new Map<string, Scope>();
  #dead = 0;

  constructor(analyzer: Analyzer, slots: Slots) {
    this.#analyzer = analyzer;
    this.#slots = slots;
  }

  put(record: IndexedRecord): void {
    const key: RecordKey = [record.namespace, record.id];
    const slot = this.#slots.find(key);
    const known = slot === undefined ? undefined : this.#entries.get(slot);
    const text = textNumber(record.text);
    if (known?.text === text && known.created === record.created) this.#move(known, record);
    else {
      this.remove(key);
      this.#add(this.#slots.renew(key), record, text);
    }
  }

  remove(key: RecordKey): void {
    const slot = this.#slots.find(key);
    const entry = slot === undefined ? undefined : this.#entries.get(slot);
    if (slot === undefined || entry === undefined) return;
    this.#entries.delete(slot);
    count(entry.scope, -1, -entry.length);
    this.#dead += 1;
    if (this.#dead > Math.max(DEAD_KEPT, this.#entries.size)) this.#clearDead();
  }

  postings(query: PostingsQuery): Postings {
    const scopes = new Set([...this.#scopes.values()].filter((scope) => passes(scope, query)));
    let records = 0;
    let length = 0;
    for (const scope of scopes) {
      records += scope.records;
      length += scope.length;
    }
    return { records, length, lists: query.terms.map((term) => this.#list(term, scopes)) };
  }

  #add(slot: number, record: IndexedRecord, text: number): void {
    const { terms, marks } = this.#analyzer.analyze(record.text);
    const counts = new Map<string, number>();
    for (const term of terms) counts.set(term, (counts.get(term) ?? 0) + 1);
    for (const [term, times] of counts) {
      const list = this.#lists.get(term);
      if (list === undefined) this.#lists.set(term, [slot, times]);
      else list.push(slot, times);
    }
    const scope = this.#scopeOf(record);
    const { created } = record;
    const entry = { scope, text, length: terms.length, marks, created, ...placeOf(record) };
    this.#entries.set(slot, entry);
    count(scope, 1, terms.length);
  }

  #move(entry: Entry, record: IndexedRecord): void {
    count(entry.scope, -1, -entry.length);
    Object.assign(entry, { scope: this.#scopeOf(record), ...placeOf(record) });
    count(entry.scope, 1, entry.length);
  }

  #scopeOf({ namespace, collection, archived }: IndexedRecord): Scope {
    const isArchived = archived === true || archived === 1;
    const name = `${namespace}\n${collection}\n${isArchived}`;
    const known = this.#scopes.get(name) ?? {
      namespace,
      collection,
      archived: isArchived,
      records: 0,
      length: 0,
    };
    this.#scopes.set(name, known);
    return known;
  }

  #list(term: string, scopes: ReadonlySet<Scope>): PostingList {
    const list = this.#lists.get(term) ?? [];
    const slots: number[] = [];
    const counts: number[] = [];
    const entries: Entry[] = [];
    for (let n = 0; n < list.length; n += 2) {
      const entry = this.#entries.get(list[n] as number);
      if (entry === undefined || !scopes.has(entry.scope)) continue;
      slots.push(list[n] as number);
      counts.push(list[n + 1] as number);
      entries.push(entry);
    }
    return {
      slots: Uint32Array.from(slots),
      counts: Uint32Array.from(counts),
      lengths: Uint32Array.from(entries, ({ length }) => length),
      created: Float64Array.from(entries, ({ created }) => created),
      threads: Float64Array.from(entries, ({ thread }) => thread),
      positions: Uint32Array.from(entries, ({ position }) => position),
      marks: Uint8Array.from(entries, ({ marks }) => marks),
    };
  }

  #clearDead(): void {
    for (const [term, list] of this.#lists) {
      const living: number[] = [];
      for (let n = 0; n < list.length; n += 2)
        if (this.#entries.has(list[n] as number))
          living.push(list[n] as number, list[n + 1] as number);
      if (living.length === 0) this.#lists.delete(term);
      else this.#lists.set(term, living);
    }
    this.#dead = 0;
  }
}

function placeOf({
  namespace,
  thread,
  position = 0,
}: IndexedRecord): Pick<Entry, 'thread' | 'position'> {
  return { thread: thread === undefined ? 0 : threadNumber(namespace, thread), position };
}

function count(scope: Scope, records: number, length: number): void {
  scope.records += records;
  scope.length += length;
}

function passes(
  scope: Scope,
  { namespaces, collection, archived = false }: PostingsQuery,
): boolean {
  return (
    (namespaces === undefined || namespaces.some((one) => one === scope.namespace)) &&
    (collection === undefined || collection === scope.collection) &&
    (archived === 'any' || archived === scope.archived)
  );
}
