import {
  type Analyzer,
  PostedMap,
  type PostedRecord,
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

/** One indexed record, at its slot. Replaced when something changes: who searched before holds the old one. */
interface Entry extends PostedRecord {
  readonly scope: Scope;
  readonly text: number;
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
    if (slot !== undefined && known?.text === text && known.created === record.created) {
      this.#move(slot, known, record);
    } else {
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
    const posted = new Map<number, Entry>();
    const lists = query.terms.map((term) => this.#list(term, scopes, posted));
    return { records, length, lists, posted: new PostedMap(posted) };
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

  #move(slot: number, entry: Entry, record: IndexedRecord): void {
    const scope = this.#scopeOf(record);
    count(entry.scope, -1, -entry.length);
    this.#entries.set(slot, { ...entry, scope, ...placeOf(record) });
    count(scope, 1, entry.length);
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

  #list(term: string, scopes: ReadonlySet<Scope>, posted: Map<number, Entry>): PostingList {
    const list = this.#lists.get(term) ?? [];
    const slots: number[] = [];
    const counts: number[] = [];
    for (let n = 0; n < list.length; n += 2) {
      const slot = list[n] as number;
      const entry = this.#entries.get(slot);
      if (entry === undefined || !scopes.has(entry.scope)) continue;
      slots.push(slot);
      counts.push(list[n + 1] as number);
      posted.set(slot, entry);
    }
    return { slots: Uint32Array.from(slots), counts: Uint32Array.from(counts) };
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
