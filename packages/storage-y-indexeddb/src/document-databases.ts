import type { Guid, Runtime } from '@mnemesh/protocol';
import {
  type DocumentBytes,
  type DroppedBytes,
  type ForeignState,
  type FoundBytes,
  type KeptBytes,
  lostError,
  type NumberedBytes,
  result,
  type WantedBytes,
} from '@mnemesh/storage-indexeddb';
import type { DocumentConnection, DocumentPut, DocumentStores } from './document-connection.js';
import { foreignState, moveForeign, setForeignAside } from './foreign-updates.js';
import { firstOf, lastOf, putMark } from './numbers.js';
import { OpenDatabases } from './open-databases.js';
import { stateAsUpdate } from './updates.js';

const SNAPSHOT = 'mnemesh snapshot ';
/** Under which key of `custom` a snapshot lies as it was handed over. */
const snapshotKey = (number: number): string => `${SNAPSHOT}${number}`;

export interface DocumentDatabasesParts {
  readonly factory: IDBFactory;
  readonly nameOf: (guid: Guid) => string;
  readonly runtime: Pick<Runtime, 'after'>;
  /** Of the opening of the store. */
  readonly generation: number;
}

/** The bytes of a store's documents, each in a database that y-indexeddb can open. */
export class DocumentDatabases implements DocumentBytes {
  readonly from: number;
  readonly #generation: number;
  readonly #databases: OpenDatabases;

  constructor({ factory, nameOf, runtime, generation }: DocumentDatabasesParts) {
    this.from = firstOf(generation);
    this.#generation = generation;
    this.#databases = new OpenDatabases(factory, nameOf, runtime);
  }

  async keep(documents: readonly KeptBytes[]): Promise<void> {
    const kept = await Promise.allSettled(
      documents.map((one) => this.#databases.use(one.guid, (opened) => this.#keep(opened, one))),
    );
    const failed = kept.find(({ status }) => status === 'rejected');
    if (failed !== undefined) throw (failed as PromiseRejectedResult).reason;
  }

  async read(guid: Guid, wanted: WantedBytes): Promise<FoundBytes> {
    return this.#databases.use(guid, (opened) => readFrom(opened, wanted));
  }

  async drop(documents: readonly DroppedBytes[]): Promise<void> {
    for (const dropped of documents) {
      if ('all' in dropped) await this.#databases.remove(dropped.guid);
      else await this.#databases.use(dropped.guid, (opened) => dropFrom(opened, dropped));
    }
  }

  foreignState(guid: Guid): Promise<ForeignState | undefined> {
    return this.#databases.use(guid, foreignState);
  }

  setForeignAside(guid: Guid): Promise<readonly NumberedBytes[]> {
    return this.#databases.use(guid, setForeignAside);
  }

  async accept(guids: readonly Guid[]): Promise<void> {
    for (const guid of guids) await this.#databases.use(guid, (opened) => this.#accept(opened));
  }

  close(): Promise<void> {
    return this.#databases.close();
  }

  async #keep(
    connection: DocumentConnection,
    { named, updates, foreign = [], snapshot }: KeptBytes,
  ): Promise<void> {
    const last = await connection.read(lastOf);
    // Somebody deleted it: an update could not be loaded without those before it.
    if (last === undefined && named !== undefined && named > 0) throw lostError();
    const numbers = [...updates.map(({ number }) => number), snapshot?.number ?? 0];
    await connection.write([
      ...(await moveForeign(connection, last ?? 0)),
      ...(named === undefined ? [] : [deleteBetween(named, Math.min(last ?? 0, this.from))]),
      ...[...updates, ...foreign].map(
        ({ number, bytes }): DocumentPut =>
          (stores) =>
            stores('updates').add(plain(bytes), number),
      ),
      ...(snapshot === undefined ? [] : putSnapshot(snapshot)),
      putMark(this.#generation, Math.max(named ?? 0, last ?? 0, ...numbers)),
    ]);
  }

  async #accept(connection: DocumentConnection): Promise<void> {
    if ((await connection.read(lastOf)) !== undefined) return;
    await connection.write([putMark(this.#generation, 0)]);
  }
}

/** What an earlier opening kept before a row could name it. */
function deleteBetween(named: number, last: number): DocumentPut {
  return (stores) => {
    if (last > named) stores('updates').delete(IDBKeyRange.bound(named, last, true));
  };
}

/** As it was handed over, and as y-indexeddb reads it. */
function putSnapshot({ number, bytes }: NumberedBytes): readonly DocumentPut[] {
  const state = stateAsUpdate(bytes);
  return [
    (stores) => stores('custom').put(plain(bytes), snapshotKey(number)),
    ...(state === undefined
      ? []
      : [(stores: DocumentStores) => stores('updates').add(state, number)]),
  ];
}

async function dropFrom(
  connection: DocumentConnection,
  { through, numbers, snapshot }: Exclude<DroppedBytes, { readonly all: true }>,
): Promise<void> {
  const left = snapshot === undefined ? [] : await snapshotsBefore(connection, snapshot);
  if (through === 0 && numbers.length + left.length === 0) return;
  await connection.write([
    (stores) => stores('updates').delete(IDBKeyRange.upperBound(through)),
    ...[...numbers, ...left].map(deleteNumber),
  ]);
}

/** Also what a crash left. Of who took the store since it has higher numbers. */
async function snapshotsBefore(
  connection: DocumentConnection,
  number: number,
): Promise<readonly number[]> {
  // What follows the space in the order of characters ends the range.
  const all = IDBKeyRange.bound(SNAPSHOT, 'mnemesh snapshot!', false, true);
  const keys = await connection.read((stores) => result(stores('custom').getAllKeys(all)));
  const numbers = keys.map((key) => Number((key as string).slice(SNAPSHOT.length)));
  return numbers.filter((one) => one < number);
}

function deleteNumber(number: number): DocumentPut {
  return (stores) => {
    stores('updates').delete(number);
    stores('custom').delete(snapshotKey(number));
  };
}

async function readFrom(
  connection: DocumentConnection,
  { updates, snapshot }: WantedBytes,
): Promise<FoundBytes> {
  return connection.read(async (stores) => {
    const rows = stores('updates');
    const custom = stores('custom');
    const [found, whole, last] = await Promise.all([
      Promise.all(updates.map((number) => result<Uint8Array | undefined>(rows.get(number)))),
      snapshot === undefined
        ? undefined
        : result<Uint8Array | undefined>(custom.get(snapshotKey(snapshot))),
      lastOf(stores),
    ]);
    const added = await result(rows.count(IDBKeyRange.lowerBound(last ?? 0, true)));
    return {
      updates: new Map(
        found.flatMap((bytes, n) =>
          bytes === undefined ? [] : [[updates[n] as number, bytes] as const],
        ),
      ),
      snapshot: whole,
      hasForeign: added > 0,
    };
  });
}

/** A view is kept with the whole of the memory it looks at: so only bytes that have it to themselves are handed over. */
function plain(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice();
}
