import type { Mesh } from '@mnemesh/core';
import { browserRuntime } from '@mnemesh/runtime-browser';
import type { YIndexedDbImport, YIndexedDbReport } from '@mnemesh/storage-y-indexeddb';

/**
 * Makes memory items of what another program of this site keeps with y-indexeddb: of each entry of a map, element of an
 * array, and text of the document in a database. Again, it brings what changed. Loaded when it is first called.
 * @throws MnemeshError `bad_input` for a database that is not there, or holds no document; `store_failed`
 */
export async function importYIndexedDb(
  { memory }: Pick<Mesh, 'memory'>,
  options: Omit<YIndexedDbImport, 'runtime' | 'indexedDB'>,
): Promise<YIndexedDbReport> {
  const loaded = await import('@mnemesh/storage-y-indexeddb');
  return loaded.importYIndexedDb(memory, { ...options, runtime: browserRuntime() });
}
