import type { Guid, MeshId, Runtime } from '@mnemesh/protocol';
import { type DocumentPlace, deleteDatabase, type StoreName } from '@mnemesh/storage-indexeddb';
import { DocumentDatabases } from './document-databases.js';

export interface YIndexedDbOptions {
  readonly runtime: Pick<Runtime, 'after'>;
  /** The browser's own by default. */
  readonly indexedDB?: IDBFactory;
}

/** Deletions at once: each holds a thread of the browser's for a few milliseconds. */
const DELETED_TOGETHER = 16;

/** The place in which each document has a database of its own, laid out as y-indexeddb 9 does. */
export function yIndexedDbPlace(options: YIndexedDbOptions): DocumentPlace {
  const { runtime, indexedDB: factory = globalThis.indexedDB } = options;
  return {
    name: 'y-indexeddb',
    at: (store) =>
      new DocumentDatabases({
        factory,
        nameOf: (guid) => databaseName(store, guid),
        runtime,
        generation: store.generation,
      }),
    tidy: async (store, { kept, mustHold }) => {
      const wanted = new Set(
        [...(kept?.guids ?? [])].map((guid) =>
          databaseName({ ...store, number: kept?.number ?? 0 }, guid),
        ),
      );
      const all = await documentNames(factory, store);
      const names = all.filter((name) => !wanted.has(name));
      while (names.length > 0) {
        await mustHold();
        const some = names.splice(0, DELETED_TOGETHER);
        await Promise.all(some.map((name) => deleteDatabase(factory, name, runtime)));
      }
    },
  };
}

/** Names of all databases that hold a document of a mesh. */
async function documentNames(
  factory: IDBFactory,
  store: Pick<StoreName, 'prefix' | 'mesh'>,
): Promise<readonly string[]> {
  const all = await factory.databases();
  return all.flatMap(({ name = '' }) => (name.startsWith(beginning(store)) ? [name] : []));
}

function beginning({ prefix, mesh }: { readonly prefix: string; readonly mesh: MeshId }): string {
  return `${prefix}.documents/${mesh}/`;
}

function databaseName(store: Omit<StoreName, 'generation'>, guid: Guid): string {
  return `${beginning(store)}${store.number}/${guid}`;
}
