import type { Log, Namespace, RecordId } from '@mnemesh/protocol';
import type { StoredRecord } from '../ports/index.js';

export interface RecordChange {
  readonly id: RecordId;
  readonly record: StoredRecord | undefined;
  readonly origin: 'local' | 'remote';
}

export type RecordListener = (changes: readonly RecordChange[]) => void;
export type EverywhereListener = (namespace: Namespace, changes: readonly RecordChange[]) => void;

/**
 * Who wants to hear of saved changes of records: of one namespace, or of all. What a listener throws is its own
 * defect: the change is saved, goes out, and is told to the others.
 */
export class RecordListeners {
  readonly #log: Log;
  readonly #of = new Map<Namespace, Set<RecordListener>>();
  readonly #everywhere = new Set<EverywhereListener>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** Returns a function that ends it. */
  add(namespace: Namespace, listener: RecordListener): () => void {
    const listeners = this.#of.get(namespace) ?? new Set();
    this.#of.set(namespace, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#of.get(namespace) === listeners) this.#of.delete(namespace);
    };
  }

  /** Returns a function that ends it. */
  addEverywhere(listener: EverywhereListener): () => void {
    this.#everywhere.add(listener);
    return () => this.#everywhere.delete(listener);
  }

  changed(namespace: Namespace, changes: readonly RecordChange[]): void {
    if (changes.length === 0) return;
    this.#tell(namespace, changes);
    for (const listener of this.#everywhere) this.#call(() => listener(namespace, changes));
  }

  /** Records of a segment that is over: only who looks at their namespace hears of it. */
  removed(namespace: Namespace, ids: Iterable<RecordId>): void {
    const changes = [...ids].map((id) => ({ id, record: undefined, origin: 'remote' }) as const);
    if (changes.length > 0) this.#tell(namespace, changes);
  }

  clear(): void {
    this.#of.clear();
    this.#everywhere.clear();
  }

  #tell(namespace: Namespace, changes: readonly RecordChange[]): void {
    for (const listener of this.#of.get(namespace) ?? []) this.#call(() => listener(changes));
  }

  #call(listener: () => void): void {
    try {
      listener();
    } catch (error) {
      this.#log('error', 'a listener of records threw', { error: String(error) });
    }
  }
}
