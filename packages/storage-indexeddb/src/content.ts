import type {
  AwaitedDocument,
  DamagedDocument,
  StoredDocument,
  StoredDocumentHead,
  StoreOpening,
} from '@mnemesh/core';
import type { Guid, ReplicaId, Runtime } from '@mnemesh/protocol';
import { toHex } from '@mnemesh/protocol';
import { beginningWith, type Connection, result } from './connection.js';
import type { DocumentRow } from './rows.js';

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
  /** Numbers that this opening gives are higher than this; see `DocumentBytes.from`. */
  readonly from: number;
  /** Of which embedders there may be vectors. */
  readonly embedders: readonly string[];
  /** Name of the place in which the bytes of documents lie; undefined: in their rows. */
  readonly place: string | undefined;
  /** Name of another place, where copies of them may be: they were moved from there, or were to be moved there. */
  readonly left: string | undefined;
}

/**
 * Takes the store, and counts the opening: durably, so that copies betray themselves.
 * @throws MnemeshError `store_in_use` when somebody was faster
 */
export async function takeStore(
  connection: Connection,
  runtime: Pick<Runtime, 'randomBytes'>,
): Promise<StoreOpening> {
  const [identity, marks] = await connection.read(['meta', 'fence'], (stores) =>
    Promise.all([
      result<StoreOpening | undefined>(stores('meta').get('identity')),
      result(stores('fence').getAllKeys()) as Promise<number[]>,
    ]),
  );
  // A copy that was ended too late has marks of generations that its identity knows nothing of.
  const generation = Math.max(identity?.counter ?? 0, marks.at(-1) ?? 0) + 1;
  const opened: StoreOpening = {
    replica: identity?.replica ?? (toHex(runtime.randomBytes(16)) as ReplicaId),
    counter: generation,
    nonce: toHex(runtime.randomBytes(16)),
  };
  await connection.take(generation, [(stores) => stores('meta').put(opened, 'identity')]);
  return opened;
}

/** Reads what is held in memory. Before the store is taken, whoever has it may still write. */
export function readContent(connection: Connection): Promise<Omit<Content, 'opened'>> {
  return connection.read(['meta', 'documents', 'awaited', 'damage'], async (stores) => {
    const meta = stores('meta');
    const [numbers, embedders, place, left, documents, awaited, guids, damage] = await Promise.all([
      result<number | undefined>(meta.get('numbers')),
      result<readonly string[] | undefined>(meta.get('embedders')),
      result<string | undefined>(meta.get('documents')),
      result<string | undefined>(meta.get('left')),
      result<DocumentRow[]>(stores('documents').getAll()),
      result<AwaitedRow[]>(stores('awaited').getAll()),
      result(stores('damage').getAllKeys()) as Promise<Guid[]>,
      result<number[]>(stores('damage').getAll()),
    ]);
    return {
      documents: new Map(documents.map((row) => [row.guid, row])),
      awaited: new Map(awaited.sort((a, b) => a.number - b.number).map((row) => [row.guid, row])),
      damage: new Map(guids.map((guid, n) => [guid, damage[n] as number])),
      last: documents.reduce((last, row) => Math.max(last, row.last), numbers ?? 0),
      from: 0,
      embedders: embedders ?? [],
      place,
      left,
    };
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

/** A document as it is read: what its rows hold that are sound, beside its head. */
export function storedDocument(
  head: DocumentRow,
  snapshot: { readonly bytes: Uint8Array } | undefined,
  through: number,
  log: StoredDocument['log'],
): StoredDocument {
  return {
    ...headOf(head),
    bytes: log.reduce((sum, { update }) => sum + update.length, snapshot?.bytes.length ?? 0),
    updates: log.length,
    snapshot: snapshot?.bytes,
    snapshotThrough: through,
    log,
  };
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
