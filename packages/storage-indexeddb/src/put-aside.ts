import { Changes } from './changes.js';
import { type Connection, keyOf, result } from './connection.js';
import { type Content, loggedAfter } from './content.js';
import type { DocumentBytes } from './document-place.js';
import type { DamagedRow } from './read-documents.js';
import {
  type BytesRow,
  type DocumentRow,
  type EnvelopeRow,
  isSound,
  isSoundEnvelope,
  type SnapshotRow,
  type UpdateKey,
} from './rows.js';
import type { StoreName } from './schema.js';

type Stores = (name: StoreName) => IDBObjectStore;

/**
 * What takes those of these rows aside that are damaged still: since they were read, a commit may have replaced
 * one, or another reader may have put it aside.
 * @returns what is written, and what the store holds in memory once that is done
 */
export async function putAside(
  connection: Connection,
  content: Content,
  rows: readonly DamagedRow[],
  bytes: DocumentBytes | undefined,
): Promise<{ readonly changes: Changes; readonly content: Content }> {
  const { damaged, bared } = await lookAgain(connection, content, rows, bytes);
  const changes = new Changes();
  const damage = new Map(content.damage);
  const documents = new Map(content.documents);
  for (const { guid, store, key, row } of damaged) {
    changes.delete(store, key);
    changes.put('quarantine', { guid, store, key, row, opening: content.opened.counter });
    damage.set(guid, (damage.get(guid) ?? 0) + 1);
    changes.put('damage', damage.get(guid), guid);
  }
  for (const document of bared) {
    documents.set(document.guid, document);
    changes.put('documents', document);
  }
  return { changes, content: { ...content, damage, documents } };
}

async function lookAgain(
  connection: Connection,
  content: Content,
  rows: readonly DamagedRow[],
  bytes: DocumentBytes | undefined,
): Promise<{
  readonly damaged: readonly DamagedRow[];
  /** The heads of documents that have no snapshot any more: what is left of them is in the log. */
  readonly bared: readonly DocumentRow[];
}> {
  const apart = await readBytes(connection, rows, bytes);
  return connection.read(['snapshots', 'updates', 'envelopes', 'commits'], async (stores) => {
    const looked = rows.map(async (one) => {
      const stored = await result<unknown>(stores(one.store).get(one.key));
      const found = apart.get(one);
      const row = stored && found ? { ...stored, bytes: found } : stored;
      return (await isDamaged(stores, content, { ...one, row })) ? [{ ...one, row }] : [];
    });
    const damaged = (await Promise.all(looked)).flat();
    const bared = damaged.flatMap(({ store, guid }) => {
      const head = store === 'snapshots' ? content.documents.get(guid) : undefined;
      return head === undefined ? [] : [withoutSnapshot(stores, head)];
    });
    return { damaged, bared: await Promise.all(bared) };
  });
}

/** Bytes that lie apart from these rows. No commit changes them meanwhile. */
async function readBytes(
  connection: Connection,
  rows: readonly DamagedRow[],
  bytes: DocumentBytes | undefined,
): Promise<ReadonlyMap<DamagedRow, Uint8Array>> {
  const found = new Map<DamagedRow, Uint8Array>();
  for (const row of bytes === undefined ? [] : rows) {
    const one = await readOne(connection, row, bytes as DocumentBytes);
    if (one !== undefined) found.set(row, one);
  }
  return found;
}

async function readOne(
  connection: Connection,
  { guid, store, key }: DamagedRow,
  bytes: DocumentBytes,
): Promise<Uint8Array | undefined> {
  if (store === 'envelopes') return undefined;
  if (store === 'updates') {
    const [, number] = key as unknown as UpdateKey;
    return (await bytes.read(guid, { updates: [number] })).updates.get(number);
  }
  const row = await connection.read(['snapshots'], (stores) =>
    result<SnapshotRow | undefined>(stores('snapshots').get(guid)),
  );
  return (await bytes.read(guid, { updates: [], snapshot: row?.number })).snapshot;
}

async function isDamaged(
  stores: Stores,
  { documents }: Content,
  { guid, store, row }: DamagedRow,
): Promise<boolean> {
  if (row === undefined) return store === 'snapshots' && (documents.get(guid)?.through ?? 0) > 0;
  if (store !== 'envelopes') return !isSound(row as BytesRow);
  const envelope = row as EnvelopeRow;
  const commit = await result<BytesRow | undefined>(
    stores('commits').get(keyOf(guid, envelope.commit)),
  );
  return commit === undefined || !isSound(commit) || !isSoundEnvelope(envelope);
}

async function withoutSnapshot(stores: Stores, head: DocumentRow): Promise<DocumentRow> {
  const found = await result(stores('updates').getAllKeys(loggedAfter(head.guid, 0)));
  const keys = found as unknown as readonly UpdateKey[];
  return {
    ...head,
    through: 0,
    snapshotBytes: 0,
    logBytes: keys.reduce((sum, [, , size]) => sum + size, 0),
    updates: keys.length,
  };
}
