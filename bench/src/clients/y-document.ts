import type * as Yjs from 'yjs';
import type { BenchRecord } from '../data/records.js';

/** The records of a Yjs document: one map, one string for each key. */
export class YRecords {
  readonly doc: Yjs.Doc;
  readonly #map: Yjs.Map<string>;

  constructor(y: typeof Yjs) {
    this.doc = new y.Doc();
    this.#map = this.doc.getMap('records');
  }

  add({ id, text }: BenchRecord): void {
    this.#map.set(id, text);
  }

  addAll(records: readonly BenchRecord[]): void {
    this.doc.transact(() => {
      for (const record of records) this.add(record);
    });
  }

  set(key: string, value: string): void {
    this.#map.set(key, value);
  }

  get(key: string): string | undefined {
    return this.#map.get(key);
  }

  get size(): number {
    return this.#map.size;
  }

  onChange(listener: () => void): () => void {
    this.doc.on('update', listener);
    return () => this.doc.off('update', listener);
  }

  async contents(): Promise<ReadonlyMap<string, string>> {
    return new Map(this.#map.entries());
  }
}
