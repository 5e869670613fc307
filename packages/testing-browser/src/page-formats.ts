interface ReadStore {
  readonly name: string;
  readonly options: IDBObjectStoreParameters;
  readonly indexes: readonly {
    readonly name: string;
    readonly keyPath: string | string[];
    readonly options: IDBIndexParameters;
  }[];
  readonly keys: readonly IDBValidKey[];
  readonly values: readonly unknown[];
}

/** What tests do to make of a database one that an earlier version of the program has written. */
export const formatCalls = {
  /** Makes it anew with all its rows, under another version and without some of its object stores. */
  rebuildAs: async (name: string, version: number, without: readonly string[]) => {
    const database = await settled(indexedDB.open(name));
    const names = [...database.objectStoreNames].filter((one) => !without.includes(one));
    const transaction = database.transaction(names);
    const stores = await Promise.all(names.map((one) => read(transaction.objectStore(one))));
    database.close();
    await settled(indexedDB.deleteDatabase(name));
    const request = indexedDB.open(name, version);
    request.onupgradeneeded = () => {
      for (const store of stores) write(request.result, store);
    };
    (await settled(request)).close();
  },

  /** The version of its format, and the names of its object stores. */
  formatOf: async (name: string) => {
    const database = await settled(indexedDB.open(name));
    const { version, objectStoreNames } = database;
    database.close();
    return { version, stores: [...objectStoreNames] };
  },
};

async function read(store: IDBObjectStore): Promise<ReadStore> {
  const { name, keyPath, autoIncrement } = store;
  const indexes = [...store.indexNames].map((one) => {
    const { keyPath: path, unique, multiEntry } = store.index(one);
    return { name: one, keyPath: path, options: { unique, multiEntry } };
  });
  const [keys, values] = await Promise.all([settled(store.getAllKeys()), settled(store.getAll())]);
  return { name, options: { keyPath, autoIncrement }, indexes, keys, values };
}

function write(database: IDBDatabase, { name, options, indexes, keys, values }: ReadStore): void {
  const store = database.createObjectStore(name, options);
  for (const index of indexes) store.createIndex(index.name, index.keyPath, index.options);
  for (const [n, value] of values.entries()) {
    if (options.keyPath === null) store.put(value, keys[n]);
    else store.put(value);
  }
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
