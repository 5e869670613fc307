import { MnemeshError } from '@mnemesh/protocol';
import type { Connection } from './connection.js';
import { readContent } from './content.js';
import { copyStore } from './copy-store.js';
import type { Databases, Opened } from './databases.js';
import type { DocumentPlace } from './document-place.js';

/** Where the bytes of documents are to lie (undefined: in their rows), and how to find where they lie now. */
export interface Places {
  readonly documents?: DocumentPlace | undefined;
  readonly findPlace?: ((name: string) => Promise<DocumentPlace | undefined>) | undefined;
}

/** Opens the store with its documents where they are to lie, which moves them there when they lie elsewhere. */
export async function openAtPlace(
  databases: Databases,
  places: Places,
  onLost: () => void,
): Promise<Opened> {
  const opened = await databases.open(onLost);
  const { documents, findPlace } = places;
  try {
    const { place, left, opened: opening } = opened.content;
    if (left !== undefined) await leave(databases, opened.connection, await findPlace?.(left));
    if (place === documents?.name) return await atPlace(databases, opened, documents);
    // Nothing lies anywhere yet.
    if (opening.counter === 1)
      return await atPlace(databases, await begin(opened, documents), documents);
    return await atPlace(databases, await move(databases, opened, places, onLost), documents);
  } catch (error) {
    opened.connection.close();
    throw error;
  }
}

async function begin(
  { connection, content }: Opened,
  place: DocumentPlace | undefined,
): Promise<Opened> {
  await connection.write(['meta'], 'strict', [
    (stores) => stores('meta').put(place?.name, 'documents'),
  ]);
  return { connection, content: { ...content, place: place?.name } };
}

async function atPlace(
  databases: Databases,
  { connection, content }: Opened,
  place: DocumentPlace | undefined,
): Promise<Opened> {
  if (place === undefined) return { connection, content };
  const guids = new Set(content.documents.keys());
  await databases.tidyPlace(place, connection, guids);
  const { from } = databases.bytesOf(connection, place);
  return { connection, content: { ...content, from } };
}

/** Copies the store, with its documents where they are to lie. */
async function move(
  databases: Databases,
  { connection: before, content }: Opened,
  { documents, findPlace }: Places,
  onLost: () => void,
): Promise<Opened> {
  const { place } = content;
  const from = place === undefined ? undefined : await findPlace?.(place);
  if (place !== undefined && from === undefined) throw elsewhere(place);
  if (documents !== undefined) {
    // What a crash leaves there of the copy is found by it.
    await before.write(['meta'], 'strict', [
      (stores) => stores('meta').put(documents.name, 'left'),
    ]);
    await databases.tidy(documents, before);
  }
  const after = await databases.openNext(before, onLost);
  try {
    const ends = {
      from: from && databases.bytesOf(before, from),
      to: documents && databases.bytesOf(after, documents),
      place: documents?.name,
      left: place,
    };
    try {
      await copyStore(before, after, new Set(), ends);
    } finally {
      await Promise.all([ends.from?.close(), ends.to?.close()]);
    }
    before.close();
    await databases.dropOthers(after);
    await leave(databases, after, from);
    return {
      connection: after,
      content: { ...(await readContent(after)), opened: content.opened },
    };
  } catch (error) {
    after.close();
    throw error;
  }
}

/** Deletes what lies where documents were moved from. */
async function leave(
  databases: Databases,
  connection: Connection,
  place: DocumentPlace | undefined,
): Promise<void> {
  if (place === undefined) return;
  await databases.tidy(place, connection);
  await connection.write(['meta'], 'strict', [(stores) => stores('meta').delete('left')]);
}

function elsewhere(place: string): MnemeshError {
  return new MnemeshError(
    'store_failed',
    `The documents of this store lie in ${place} databases. Open the mesh with storage: '${place}'.`,
  );
}
