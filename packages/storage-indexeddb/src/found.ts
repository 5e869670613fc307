import type { StoreBatch } from '@mnemesh/core';
import {
  fromHex,
  type Guid,
  type Namespace,
  type RecordId,
  type SegmentName,
  toHex,
  type Version,
} from '@mnemesh/protocol';
import { beginningWith, type Connection, keyOf, result } from './connection.js';
import { type Content, loggedAfter } from './content.js';
import type { EnvelopeRow, RecordRow, ReferenceRow, UpdateKey, VectorRow } from './rows.js';

export type RecordKey = readonly [namespace: Namespace, id: RecordId];

/** What a group of batches has to know of the database before it is written: nothing, in most. */
export interface Found {
  /** Keys of the updates beyond the snapshot, of documents that get a new one. */
  readonly logs: ReadonlyMap<Guid, readonly UpdateKey[]>;
  /** What there is of documents that are removed. */
  readonly removed: ReadonlyMap<Guid, RemovedRows>;
  /** By `envelopeName`: which commit vouches for an envelope that is touched. */
  readonly commits: ReadonlyMap<string, Uint8Array>;
  /** By `commitName`, of those commits: the versions each vouches for. */
  readonly versions: ReadonlyMap<string, readonly Uint8Array[]>;
  /** Vectors of records that are put. */
  readonly vectors: readonly VectorRow[];
}

export interface RemovedRows {
  readonly records: readonly RecordKey[];
  readonly references: readonly RecordKey[];
  readonly aside: readonly IDBValidKey[];
}

export function envelopeName(guid: Guid, version: Version): string {
  return `${guid} ${version}`;
}

export function commitName(guid: Guid, commit: Uint8Array): string {
  return `${guid} ${toHex(commit)}`;
}

/** An id is `segment.local`; what follows the dot in the order of characters ends the range. */
function recordsOfSegment(namespace: Namespace, segment: SegmentName): IDBKeyRange {
  return IDBKeyRange.bound([namespace, `${segment}.`], [namespace, `${segment}/`], false, true);
}

/** Whether a batch must know what the batches before it left: it is then written by itself. */
export function mustStandAlone({ snapshots = [], removeDocuments = [] }: StoreBatch): boolean {
  return snapshots.length + removeDocuments.length > 0;
}

export async function lookUp(
  connection: Connection,
  batches: readonly StoreBatch[],
  content: Content,
): Promise<Found> {
  const [logs, removed, envelopes, vectors] = await Promise.all([
    findLogs(connection, batches, content),
    findRemoved(connection, batches, content),
    findCommits(connection, batches),
    findVectors(connection, batches, content),
  ]);
  return { logs, removed, ...envelopes, vectors };
}

async function findLogs(
  connection: Connection,
  batches: readonly StoreBatch[],
  { documents }: Content,
): Promise<Found['logs']> {
  const guids = new Set(batches.flatMap(({ snapshots = [] }) => snapshots.map(({ guid }) => guid)));
  if (guids.size === 0) return new Map();
  return connection.read(['updates'], async (stores) => {
    const found = [...guids].map(async (guid) => {
      const range = loggedAfter(guid, documents.get(guid)?.through ?? 0);
      const keys = await result(stores('updates').getAllKeys(range));
      return [guid, keys as unknown as readonly UpdateKey[]] as const;
    });
    return new Map(await Promise.all(found));
  });
}

/** Those of these updates that no commit has folded since they were read. */
export async function stillLogged(
  connection: Connection,
  guid: Guid,
  keys: readonly UpdateKey[],
): Promise<readonly UpdateKey[]> {
  if (keys.length === 0) return [];
  const logged = await connection.read(['updates'], (stores) =>
    result(stores('updates').getAllKeys(beginningWith(guid))),
  );
  const numbers = new Set((logged as unknown as UpdateKey[]).map(([, number]) => number));
  return keys.filter(([, number]) => numbers.has(number));
}

/** The ids of a document's records begin with its segment, and are looked for there: an index for it would cost every write. */
async function findRemoved(
  connection: Connection,
  batches: readonly StoreBatch[],
  { documents }: Content,
): Promise<Found['removed']> {
  const guids = new Set(batches.flatMap(({ removeDocuments = [] }) => removeDocuments));
  if (guids.size === 0) return new Map();
  return connection.read(['records', 'references', 'quarantine'], async (stores) => {
    const found = [...guids].map(async (guid) => {
      const row = documents.get(guid);
      const keysIn = async (name: 'records' | 'references'): Promise<readonly RecordKey[]> => {
        if (row === undefined) return [];
        const range = recordsOfSegment(row.namespace, row.segment);
        const rows = await result<(RecordRow | ReferenceRow)[]>(stores(name).getAll(range));
        return rows.filter((one) => one.guid === guid).map(({ namespace, id }) => [namespace, id]);
      };
      const [records, references, aside] = await Promise.all([
        keysIn('records'),
        keysIn('references'),
        result(stores('quarantine').index('guid').getAllKeys(guid)),
      ]);
      return [guid, { records, references, aside }] as const;
    });
    return new Map(await Promise.all(found));
  });
}

async function findCommits(
  connection: Connection,
  batches: readonly StoreBatch[],
): Promise<Pick<Found, 'commits' | 'versions'>> {
  const touched = batches.flatMap(({ removeEnvelopes = [], envelopes = [] }) => [
    ...removeEnvelopes,
    ...envelopes,
  ]);
  const keys = new Map(
    touched.map(({ guid, version }) => [envelopeName(guid, version), { guid, version }]),
  );
  const commits = new Map<string, Uint8Array>();
  const versions = new Map<string, readonly Uint8Array[]>();
  if (keys.size === 0) return { commits, versions };
  await connection.read(['envelopes'], async (stores) => {
    const envelopes = stores('envelopes');
    const rows = await Promise.all(
      [...keys].map(([, { guid, version }]) =>
        result<EnvelopeRow | undefined>(envelopes.get(keyOf(guid, fromHex(version)))),
      ),
    );
    const used = new Map<string, readonly [Guid, Uint8Array]>();
    for (const [n, name] of [...keys.keys()].entries()) {
      const row = rows[n];
      if (row === undefined) continue;
      commits.set(name, row.commit);
      used.set(commitName(row.guid, row.commit), [row.guid, row.commit]);
    }
    const index = envelopes.index('commit');
    const found = [...used].map(async ([name, [guid, commit]]) => {
      const vouched = await result(index.getAllKeys(keyOf(guid, commit)));
      versions.set(
        name,
        (vouched as [Guid, ArrayBuffer][]).map((key) => new Uint8Array(key[1])),
      );
    });
    await Promise.all(found);
  });
  return { commits, versions };
}

async function findVectors(
  connection: Connection,
  batches: readonly StoreBatch[],
  { embedders }: Content,
): Promise<Found['vectors']> {
  const records = batches.flatMap((batch) => batch.records ?? []);
  if (embedders.length === 0 || records.length === 0) return [];
  return connection.read(['vectors'], async (stores) => {
    const found = embedders.flatMap((embedder) =>
      records.map(({ namespace, id }) =>
        result<VectorRow[]>(stores('vectors').getAll(beginningWith(embedder, namespace, id))),
      ),
    );
    return (await Promise.all(found)).flat();
  });
}
