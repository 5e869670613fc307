import type {
  AwaitedDocument,
  DamagedDocument,
  StoredDocumentHead,
  StoreOpening,
} from '@mnemesh/core';
import type { Guid, ReplicaId, Runtime } from '@mnemesh/protocol';
import { toHex } from '@mnemesh/protocol';
import { beginningWith, type Connection, type Put, result } from './connection.js';
import type { DocumentRow } from './rows.js';

type Stores = Parameters<Put>[0];

export interface AwaitedRow extends AwaitedDocument {
  /** Its place in the line. */
  readonly number: number;
}

/**
 * What is held in memory of an open store: little for each document, nothing for each record. It follows
 * the database commit by commit, so that a write seldom has to read first.
 */
export interface Content {
  readonly opened: StoreOpening;
  readonly documents: ReadonlyMap<Guid, DocumentRow>;
  readonly awaited: ReadonlyMap<Guid, AwaitedRow>;
  readonly damage: ReadonlyMap<Guid, number>;
  /** Number of the update that was logged last, in any document that ever was. */
  readonly last: number;
  /** Of which embedders there may be vectors. */
  readonly embedders: readonly string[];
  /** Where the bytes of documents lie; undefined: in their rows. */
  readonly place: string | undefined;
}

/** Reads what an opening needs, and counts it: durably, so that copies betray themselves. */
export async function openContent(
  connection: Connection,
  runtime: Pick<Runtime, 'randomBytes'>,
  place?: string,
): Promise<Content> {
  const stored = await readContent(connection);
  const opened: StoreOpening = {
    replica: stored.identity?.replica ?? (toHex(runtime.randomBytes(16)) as ReplicaId),
    counter: (stored.identity?.counter ?? 0) + 1,
    nonce: toHex(runtime.randomBytes(16)),
  };
  await connection.write(['meta'], 'strict', [
    (stores) => stores('meta').put(opened, 'identity'),
    ...(place === undefined ? [] : [(stores: Stores) => stores('meta').put(place, 'documents')]),
  ]);
  return { ...stored.content, opened, place };
}

async function readContent(connection: Connection): Promise<{
  readonly identity: StoreOpening | undefined;
  readonly content: Omit<Content, 'opened' | 'place'>;
}> {
  return connection.read(['meta', 'documents', 'awaited', 'damage'], async (stores) => {
    const meta = stores('meta');
    const [identity, numbers, embedders, documents, awaited, guids, damage] = await Promise.all([
      result<StoreOpening | undefined>(meta.get('identity')),
      result<number | undefined>(meta.get('numbers')),
      result<readonly string[] | undefined>(meta.get('embedders')),
      result<DocumentRow[]>(stores('documents').getAll()),
      result<AwaitedRow[]>(stores('awaited').getAll()),
      result(stores('damage').getAllKeys()) as Promise<Guid[]>,
      result<number[]>(stores('damage').getAll()),
    ]);
    return {
      identity,
      content: {
        documents: new Map(documents.map((row) => [row.guid, row])),
        awaited: new Map(awaited.sort((a, b) => a.number - b.number).map((row) => [row.guid, row])),
        damage: new Map(guids.map((guid, n) => [guid, damage[n] as number])),
        last: documents.reduce((last, row) => Math.max(last, row.last), numbers ?? 0),
        embedders: embedders ?? [],
      },
    };
  });
}

/** The name of the place in which the store has the bytes of its documents; undefined: in their rows. */
export async function placeOf(connection: Connection): Promise<{
  readonly isNew: boolean;
  readonly place: string | undefined;
  /** The place that they were moved from, where some may still be. */
  readonly left: string | undefined;
}> {
  return connection.read(['meta'], async (stores) => {
    const [identities, place, left] = await Promise.all([
      result(stores('meta').count('identity')),
      result<string | undefined>(stores('meta').get('documents')),
      result<string | undefined>(stores('meta').get('left')),
    ]);
    return { isNew: identities === 0, place, left };
  });
}

/** Is it a store, and not what a crash left of a copy of one? */
export async function isWhole(connection: Connection): Promise<boolean> {
  return connection.read(
    ['meta'],
    async (stores) => (await result(stores('meta').count('identity'))) > 0,
  );
}

export function headOf(row: DocumentRow): StoredDocumentHead {
  const { guid, namespace, segment, unacked, lacking, unscrubbed, updates } = row;
  const bytes = row.snapshotBytes + row.logBytes;
  return { guid, namespace, segment, bytes, updates, unacked, lacking, unscrubbed };
}

export function damagedOf({ damage }: Content): readonly DamagedDocument[] {
  return [...damage].map(([guid, rows]) => ({ guid, rows }));
}

/** The logged updates of a document up to this one. */
export function loggedUpTo(guid: Guid, through: number): IDBKeyRange {
  return IDBKeyRange.bound([guid, 0], [guid, through, []]);
}

/** The logged updates of a document after this one. */
export function loggedAfter(guid: Guid, through: number): IDBKeyRange {
  return IDBKeyRange.bound([guid, through, []], beginningWith(guid).upper, true);
}
