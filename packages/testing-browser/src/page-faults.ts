/** Databases that a page keeps open, whatever anybody asks for. */
const held: IDBDatabase[] = [];
let resumeCopies = (): void => undefined;
let resumeCounts = (): void => undefined;
let resumeListings = (): void => undefined;
/** How often something stood still that a test paused. */
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
    resumeCopies = pauseReads('getAllKeys', 0);
  },

  resumeCopies: () => resumeCopies(),

  /** What is counted arrives after `resumeCounts`, but for the first so many counts. */
  pauseCounts: (passing: number) => {
    resumeCounts = pauseReads('count', passing);
  },

  resumeCounts: () => resumeCounts(),

  /**
   * Lists of databases arrive after `resumeListings`, but for the first so many.
   * @param isStale they tell what there was when they were asked for
   */
  pauseListings: (passing: number, isStale: boolean) => {
    const { prototype } = IDBFactory;
    const { databases } = prototype;
    const paused = new Promise<void>((resolve) => {
      resumeListings = resolve;
    });
    let left = passing;
    prototype.databases = async function (this: IDBFactory) {
      if (left > 0) {
        left -= 1;
        return databases.call(this);
      }
      const listed = isStale ? await databases.call(this) : undefined;
      standing += 1;
      await paused;
      return listed ?? databases.call(this);
    };
  },

  resumeListings: () => resumeListings(),

  /** How often something has stood still since this page was loaded. */
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

/** What such reads find arrives later, but for the first so many. @returns lets it arrive */
function pauseReads(method: 'count' | 'getAllKeys', passing: number): () => void {
  let resume = (): void => undefined;
  const paused = new Promise<void>((resolve) => {
    resume = resolve;
  });
  const prototype = IDBObjectStore.prototype as unknown as Record<
    typeof method,
    (...given: readonly unknown[]) => IDBRequest
  >;
  const read = prototype[method];
  let left = passing;
  prototype[method] = function (this: IDBObjectStore, ...given: readonly unknown[]) {
    const request = read.apply(this, [...given]);
    if (left > 0) {
      left -= 1;
      return request;
    }
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
    } as unknown as IDBRequest;
  };
  return resume;
}

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
