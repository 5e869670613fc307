import type { Put, StoreName } from './schema.js';

/** What one transaction is to write, in its order. */
export class Changes {
  readonly #names = new Set<StoreName>();
  readonly #puts: Put[] = [];

  get names(): readonly StoreName[] {
    return [...this.#names];
  }

  get puts(): readonly Put[] {
    return this.#puts;
  }

  put(name: StoreName, value: unknown, key?: IDBValidKey): void {
    this.#add(name, (store) => store.put(value, key));
  }

  delete(name: StoreName, key: IDBValidKey | IDBKeyRange): void {
    this.#add(name, (store) => store.delete(key));
  }

  clear(name: StoreName): void {
    this.#add(name, (store) => store.clear());
  }

  #add(name: StoreName, put: (store: IDBObjectStore) => unknown): void {
    this.#names.add(name);
    this.#puts.push((stores) => put(stores(name)));
  }
}
