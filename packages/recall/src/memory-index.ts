import {
  type Analyzer,
  type NamedBy,
  type PlaceBeside,
  PostedMap,
  type PostedRecord,
  type PostingList,
  type Postings,
  type PostingsQuery,
  type RecallSource,
  type Reference,
  type StoredRecord,
  type StoredView,
  threadNumber,
} from '@mnemesh/core';
import type { Namespace, RecordId } from '@mnemesh/protocol';

/** Replaced when its record is put again: who searched before holds the old one. */
interface Entry extends PostedRecord {
  readonly record: StoredRecord;
  readonly counts: ReadonlyMap<string, number>;
}

/** The slots that hold a term, ascending. */
type Slots = number[];

/**
 * Postings in memory, for a browser or a test: records are put and removed, and found at once. About
 * 40 bytes for each term of each record; nothing is kept, and nothing read from anywhere.
 */
export class MemoryIndex implements RecallSource {
  readonly #analyzer: Analyzer;
  readonly #entries: (Entry | undefined)[] = [];
  readonly #slots = new Map<string, number>();
  readonly #lists = new Map<string, Slots>();
  /** Slots at each place of each thread. */
  readonly #places = new Map<string, Slots>();

  constructor(analyzer: Analyzer) {
    this.#analyzer = analyzer;
  }

  put(record: StoredRecord): void {
    const key = keyOf(record);
    const slot = this.#slots.get(key) ?? this.#entries.length;
    this.#clear(slot);
    this.#slots.set(key, slot);
    const entry = this.#entryOf(record);
    this.#entries[slot] = entry;
    for (const term of entry.counts.keys()) insert(this.#lists, term, slot);
    const place = placeKey(record, 0);
    if (place !== undefined) insert(this.#places, place, slot);
  }

  remove({ namespace, id }: { readonly namespace: Namespace; readonly id: RecordId }): void {
    const slot = this.#slots.get(keyOf({ namespace, id }));
    if (slot !== undefined) this.#clear(slot);
  }

  async postings(query: PostingsQuery): Promise<Postings> {
    const passing = this.#entries.filter((entry) => entry !== undefined && passes(entry, query));
    const posted = new Map<number, Entry>();
    return {
      records: passing.length,
      length: passing.reduce((sum, entry) => sum + (entry?.length ?? 0), 0),
      lists: query.terms.map((term) => this.#list(term, query, posted)),
      posted: new PostedMap(posted),
    };
  }

  async recordsAt(slots: readonly number[]): Promise<ReadonlyMap<number, StoredRecord>> {
    return this.#records(slots);
  }

  async recordsBeside(places: readonly PlaceBeside[]): Promise<ReadonlyMap<number, StoredRecord>> {
    const slots = places.flatMap(({ slot, offset }) => {
      const record = this.#entries[slot]?.record;
      const key = record === undefined ? undefined : placeKey(record, offset);
      return key === undefined ? [] : (this.#places.get(key) ?? []);
    });
    return this.#records(slots);
  }

  async record(namespace: Namespace, id: RecordId): Promise<StoredRecord | undefined> {
    return this.#entries[this.#slots.get(keyOf({ namespace, id })) ?? -1]?.record;
  }

  /** In the order of the ids. Reads every record's view: there are not many in a page. */
  async namedBy(
    namespace: Namespace,
    kind: Reference['kind'],
    targets: readonly string[],
  ): Promise<readonly NamedBy[]> {
    const named = this.#entries.flatMap((entry) => {
      if (entry?.record.namespace !== namespace) return [];
      const { references = [] } = JSON.parse(entry.record.view) as StoredView;
      return references
        .filter((one) => one.kind === kind && targets.includes(one.target))
        .map(({ target }) => ({ target, id: entry.record.id }));
    });
    return named.sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  #records(slots: readonly number[]): ReadonlyMap<number, StoredRecord> {
    return new Map(
      slots.flatMap((slot) => {
        const record = this.#entries[slot]?.record;
        return record === undefined ? [] : [[slot, record] as const];
      }),
    );
  }

  #entryOf(record: StoredRecord): Entry {
    const counts = new Map<string, number>();
    const { terms, marks } = this.#analyzer.analyze(record.text);
    for (const term of terms) counts.set(term, (counts.get(term) ?? 0) + 1);
    const { namespace, created, thread, position = 0 } = record;
    const number = thread === undefined ? 0 : threadNumber(namespace, thread);
    return { record, counts, length: terms.length, marks, created, thread: number, position };
  }

  #clear(slot: number): void {
    const entry = this.#entries[slot];
    if (entry === undefined) return;
    for (const term of entry.counts.keys()) drop(this.#lists, term, slot);
    const place = placeKey(entry.record, 0);
    if (place !== undefined) drop(this.#places, place, slot);
    this.#entries[slot] = undefined;
  }

  #list(term: string, query: PostingsQuery, posted: Map<number, Entry>): PostingList {
    const slots: number[] = [];
    const counts: number[] = [];
    for (const slot of this.#lists.get(term) ?? []) {
      const entry = this.#entries[slot] as Entry;
      if (!passes(entry, query)) continue;
      slots.push(slot);
      counts.push(entry.counts.get(term) ?? 0);
      posted.set(slot, entry);
    }
    return { slots: Uint32Array.from(slots), counts: Uint32Array.from(counts) };
  }
}

function passes(
  { record }: Entry,
  { namespaces, collection, archived = false }: PostingsQuery,
): boolean {
  return (
    (namespaces === undefined || namespaces.includes(record.namespace)) &&
    (collection === undefined || record.collection === collection) &&
    (archived === 'any' || record.archived === archived)
  );
}

function keyOf({ namespace, id }: Pick<StoredRecord, 'namespace' | 'id'>): string {
  return `${namespace}\n${id}`;
}

function placeKey(
  { namespace, thread, position }: StoredRecord,
  offset: number,
): string | undefined {
  if (thread === undefined || position === undefined) return undefined;
  return `${namespace}\n${thread}\n${position + offset}`;
}

function insert(lists: Map<string, Slots>, key: string, slot: number): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [slot]);
  else if ((list.at(-1) as number) < slot) list.push(slot);
  else list.splice(indexOf(list, slot), 0, slot);
}

function drop(lists: Map<string, Slots>, key: string, slot: number): void {
  const list = lists.get(key);
  const at = list === undefined ? -1 : indexOf(list, slot);
  if (list?.[at] !== slot) return;
  list.splice(at, 1);
  if (list.length === 0) lists.delete(key);
}

/** Where a slot is in a list, or belongs. */
function indexOf(list: Slots, slot: number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((list[middle] as number) < slot) low = middle + 1;
    else high = middle;
  }
  return low;
}
