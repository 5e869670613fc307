/** What a page did to its databases since it was last asked. */
interface Watched {
  /** Write transactions, by what was put into each. */
  readonly written: Map<IDBTransaction, { bytes: number; committed: boolean }>;
  /** Rows that were read whole. */
  rows: number;
  /** Characters of texts that were read at once, at most. */
  mostChars: number;
}

let watched: Watched | undefined;

/** Watches what a store asks of IndexedDB, for tests of how much it asks. */
export const watchCalls = {
  watch: () => {
    if (watched === undefined) patch();
    watched = { written: new Map(), rows: 0, mostChars: 0 };
  },
  watched: () => {
    const transactions = [...(watched?.written.values() ?? [])];
    return {
      writes: transactions.length,
      uncommitted: transactions.filter(({ committed }) => !committed).length,
      mostBytes: Math.max(0, ...transactions.map(({ bytes }) => bytes)),
      rows: watched?.rows ?? 0,
      mostChars: watched?.mostChars ?? 0,
    };
  },
};

function patch(): void {
  const { transaction } = IDBDatabase.prototype;
  IDBDatabase.prototype.transaction = function (this: IDBDatabase, ...args) {
    const begun = transaction.apply(this, args);
    if (args[1] === 'readwrite') watched?.written.set(begun, { bytes: 0, committed: false });
    return begun;
  };
  const { commit } = IDBTransaction.prototype;
  IDBTransaction.prototype.commit = function (this: IDBTransaction) {
    const write = watched?.written.get(this);
    if (write !== undefined) write.committed = true;
    commit.call(this);
  };
  const { put } = IDBObjectStore.prototype;
  IDBObjectStore.prototype.put = function (this: IDBObjectStore, value: unknown, key) {
    const write = watched?.written.get(this.transaction);
    const { bytes } = (value ?? {}) as { readonly bytes?: unknown };
    if (write !== undefined && bytes instanceof Uint8Array) write.bytes += bytes.length;
    return key === undefined ? put.call(this, value) : put.call(this, value, key);
  };
  for (const { prototype } of [IDBObjectStore, IDBIndex] as readonly {
    readonly prototype: Reading;
  }[]) {
    const { getAll, openCursor } = prototype;
    prototype.getAll = function (this: Reading, ...args) {
      const request = getAll.apply(this, args);
      request.addEventListener('success', () => {
        count(request.result.length);
        countChars(request.result);
      });
      return request;
    };
    prototype.openCursor = function (this: Reading, ...args) {
      const request = openCursor.apply(this, args);
      request.addEventListener('success', () => count(request.result === null ? 0 : 1));
      return request;
    };
  }
}

type Reading = Pick<IDBObjectStore, 'getAll' | 'openCursor'>;

function countChars(rows: readonly { readonly text?: unknown }[]): void {
  if (watched === undefined) return;
  const chars = rows.map(({ text }) => (typeof text === 'string' ? text.length : 0));
  watched.mostChars = Math.max(
    watched.mostChars,
    chars.reduce((sum, one) => sum + one, 0),
  );
}

function count(rows: number): void {
  if (watched !== undefined) watched.rows += rows;
}
