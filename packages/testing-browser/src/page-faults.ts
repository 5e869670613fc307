/** Databases that a page keeps open, whatever anybody asks for. */
const held: IDBDatabase[] = [];
let resume = (): void => undefined;
/** Reads of keys, or listings of databases, that have been asked for and stand still. */
let standing = 0;
let deletions: number | undefined;

const { commit } = IDBTransaction.prototype;
/** Write transactions that are let through, and then those that are not. */
let passing = 0;
let aborting = 0;

function commitOrAbort(this: IDBTransaction): void {
  if (passing === 0 && aborting > 0) {
    aborting -= 1;
    this.abort();
    return;
  }
  passing = Math.max(0, passing - 1);
  commit.call(this);
}

/** What tests do to the browser's storage behind the back of a store, and what they see of it. */
export const faultCalls = {
  /** The next write transactions, after so many that do not, end as if the browser had given them up. */
  abortWrites: (count: number, after = 0) => {
    passing = after;
    aborting = count;
    IDBTransaction.prototype.commit = commitOrAbort;
  },

  /** Keeps a database open whatever anybody asks for, with a deletion that waits for it to be closed. */
  block: async (name: string) => {
    const held = await openRaw(name);
    indexedDB.deleteDatabase(name);
    return held.version;
  },

  /** Keeps a database open whatever anybody asks for, until `release`. */
  hold: async (name: string) => {
    held.push(await openRaw(name));
  },

  release: () => {
    for (const database of held.splice(0)) database.close();
  },

  /** Deletes a database as a person does in the browser's tools. */
  deleteDatabase: async (name: string) => {
    await settled(indexedDB.deleteDatabase(name));
  },

  /** What is read of keys arrives after `resumeCopies`: a copy or an opening that was begun stands still, as in a stopped page. */
  pauseCopies: () => {
    const { prototype } = IDBObjectStore;
    const { getAllKeys } = prototype;
    const paused = new Promise<void>((resolve) => {
      resume = resolve;
    });
    prototype.getAllKeys = function (this: IDBObjectStore, range?: IDBKeyRange, most?: number) {
      const request = getAllKeys.call(this, range, most);
      return {
        get result() {
          return request.result;
        },
        set onsuccess(arrived: () => void) {
          request.onsuccess = () => {
            standing += 1;
            void paused.then(arrived);
          };
        },
      } as unknown as ReturnType<IDBObjectStore['getAllKeys']>;
    };
  },

  resumeCopies: () => resume(),

  /** Lists of databases are made after `resumeCopies`, but for so many; @param made they are made now, and arrive then */
  pauseListings: (passing = 0, made = true) => {
    const { prototype } = IDBFactory;
    const { databases } = prototype;
    const paused = new Promise<void>((resolve) => {
      resume = resolve;
    });
    let passed = 0;
    prototype.databases = async function (this: IDBFactory) {
      passed += 1;
      if (passed <= passing) return databases.call(this);
      const listed = made ? await databases.call(this) : undefined;
      standing += 1;
      await paused;
      return listed ?? databases.call(this);
    };
  },

  /** How many reads or listings have stood still since this page was loaded. */
  standing: () => standing,

  /** How often this page asked for a deletion since the last call. */
  countDeletions: () => {
    const { prototype } = IDBFactory;
    if (deletions === undefined) {
      const { deleteDatabase } = prototype;
      prototype.deleteDatabase = function (this: IDBFactory, name: string) {
        deletions = (deletions ?? 0) + 1;
        return deleteDatabase.call(this, name);
      };
    }
    const counted = deletions ?? 0;
    deletions = 0;
    return counted;
  },

  /** A database that is no store yet, as a copy that has just been begun. */
  createEmpty: async (name: string, version: number) => {
    const request = indexedDB.open(name, version);
    request.onupgradeneeded = () => request.result.createObjectStore('meta');
    (await settled(request)).close();
  },

  /** Bytes that the browser says this site uses. */
  usage: async () => (await navigator.storage.estimate()).usage,

  databases: async () => (await indexedDB.databases()).map(({ name }) => name).sort(),

  /** How many rows each object store holds. */
  rows: (name: string) =>
    withRaw(name, async (database) => {
      const names = [...database.objectStoreNames];
      const transaction = database.transaction(names);
      const counts = names.map((one) => settled(transaction.objectStore(one).count()));
      return Object.fromEntries((await Promise.all(counts)).map((count, n) => [names[n], count]));
    }),

  /** Deletes every row of an object store. */
  clear: (name: string, storeName: string) =>
    withRaw(name, async (database) => {
      await settled(database.transaction(storeName, 'readwrite').objectStore(storeName).clear());
    }),

  /** Changes one byte of the first row of an object store. */
  flipByte: (name: string, storeName: string) =>
    withRaw(name, async (database) => {
      const store = database.transaction(storeName, 'readwrite').objectStore(storeName);
      const cursor = (await settled(store.openCursor())) as IDBCursorWithValue;
      const row = cursor.value as { bytes: Uint8Array };
      row.bytes[0] = (row.bytes[0] as number) ^ 1;
      await settled(cursor.update(row));
    }),
};

function openRaw(name: string, version?: number): Promise<IDBDatabase> {
  return settled(indexedDB.open(name, version));
}

async function withRaw<T>(name: string, use: (database: IDBDatabase) => Promise<T>): Promise<T> {
  const database = await openRaw(name);
  try {
    return await use(database);
  } finally {
    database.close();
  }
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
