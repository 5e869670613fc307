import type { Guid, Runtime } from '@mnemesh/protocol';
import {
  type DocumentBytes,
  type DroppedBytes,
  type FoundBytes,
  type KeptBytes,
  lostError,
  type NumberedBytes,
  type Put,
  result,
  type WantedBytes,
} from '@mnemesh/storage-indexeddb';
import type { DocumentConnection, DocumentStore } from './document-database.js';
import { LAST, lastOf, moveForeign, setForeignAside } from './foreign-updates.js';
import { OpenDatabases } from './open-databases.js';
import { stateAsUpdate } from './updates.js';

/** Under which key of `custom` a snapshot lies as it was handed over. */
const snapshotKey = (number: number): string => `mnemesh snapshot ${number}`;

type DocumentPut = Put<DocumentStore>;

/** The bytes of a store's documents, each in a database that y-indexeddb can open. */
export class DocumentDatabases implements DocumentBytes {
  readonly #databases: OpenDatabases;

  constructor(
    factory: IDBFactory,
    nameOf: (guid: Guid) => string,
    runtime: Pick<Runtime, 'after'>,
  ) {
    this.#databases = new OpenDatabases(factory, nameOf, runtime);
  }

  async keep(documents: readonly KeptBytes[]): Promise<void> {
    const kept = await Promise.allSettled(
      documents.map((one) => this.#databases.use(one.guid, (opened) => keepIn(opened, one))),
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

  setForeignAside(guid: Guid): Promise<readonly NumberedBytes[]> {
    return this.#databases.use(guid, setForeignAside);
  }

  async accept(guids: readonly Guid[]): Promise<void> {
    for (const guid of guids) await this.#databases.use(guid, acceptIn);
  }

  close(): Promise<void> {
    return this.#databases.close();
  }
}

async function keepIn(
  connection: DocumentConnection,
  { named, updates, foreign = [], snapshot }: KeptBytes,
): Promise<void> {
  const last = await connection.read(['custom'], lastOf);
  // Somebody deleted it: an update could not be loaded without those before it.
  if (last === undefined && named !== undefined && named > 0) throw lostError();
  const puts: DocumentPut[] = [...(await moveForeign(connection, last ?? 0))];
  // What a crash left before a row could name it.
  if (last !== undefined && named !== undefined && last > named) {
    const unnamed = IDBKeyRange.bound(named, last, true);
    puts.push((stores) => stores('updates').delete(unnamed));
  }
  for (const { number, bytes } of [...updates, ...foreign])
    puts.push((stores) => stores('updates').add(plain(bytes), number));
  if (snapshot !== undefined) puts.push(...putSnapshot(snapshot));
  const numbers = [...updates.map(({ number }) => number), snapshot?.number ?? 0];
  puts.push((stores) => stores('custom').put(Math.max(named ?? 0, last ?? 0, ...numbers), LAST));
  await connection.write(['updates', 'custom'], 'strict', puts);
}

/** As it was handed over, and as y-indexeddb reads it. */
function putSnapshot({ number, bytes }: NumberedBytes): readonly DocumentPut[] {
  const state = stateAsUpdate(bytes);
  return [
    (stores) => stores('custom').put(plain(bytes), snapshotKey(number)),
    ...(state === undefined ? [] : [(stores: Stores) => stores('updates').add(state, number)]),
  ];
}

async function acceptIn(connection: DocumentConnection): Promise<void> {
  const last = await connection.read(['custom'], lastOf);
  if (last !== undefined) return;
  await connection.write(['custom'], 'strict', [(stores) => stores('custom').put(0, LAST)]);
}

function dropFrom(
  connection: DocumentConnection,
  { through, numbers }: Exclude<DroppedBytes, { readonly all: true }>,
): Promise<void> {
  return connection.write(['updates', 'custom'], 'strict', [
    (stores) => stores('updates').delete(IDBKeyRange.upperBound(through)),
    ...numbers.map(deleteNumber),
  ]);
}

type Stores = Parameters<DocumentPut>[0];

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
  return connection.read(['updates', 'custom'], async (stores) => {
    const rows = stores('updates');
    const custom = stores('custom');
    const [found, whole, last] = await Promise.all([
      Promise.all(updates.map((number) => result<Uint8Array | undefined>(rows.get(number)))),
      snapshot === undefined
        ? undefined
        : result<Uint8Array | undefined>(custom.get(snapshotKey(snapshot))),
      lastOf(stores),
    ]);
    const added = await result(rows.getAllKeys(IDBKeyRange.lowerBound(last ?? 0, true)));
    return {
      updates: new Map(
        found.flatMap((bytes, n) =>
          bytes === undefined ? [] : [[updates[n] as number, bytes] as const],
        ),
      ),
      snapshot: whole,
      hasForeign: added.length > 0,
    };
  });
}

/** A view is kept with the whole of the memory it looks at: so only bytes that have it to themselves are handed over. */
function plain(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice();
}
