import type { RelayCursor, StoredDocument, StoredEnvelope, StoredSyncState } from '@mnemesh/core';
import type { Guid, Namespace, RecordId } from '@mnemesh/protocol';
import { beginningWith, type Connection, keyOf, result } from './connection.js';
import { type AwaitedRow, loggedAfter, storedDocument } from './content.js';
import { commitName } from './found.js';
import {
  type BytesRow,
  type DocumentRow,
  type EnvelopeRow,
  isSound,
  isSoundEnvelope,
  type SnapshotRow,
  storedEnvelope,
  type UpdateKey,
} from './rows.js';

/** A row that does not hold what was written into it. */
export interface DamagedRow {
  readonly guid: Guid;
  readonly store: 'snapshots' | 'updates' | 'envelopes';
  readonly key: IDBValidKey;
  /** Undefined for a snapshot that is gone. */
  readonly row: unknown;
}

/** What was read, and what of it is damaged and therefore left out. */
export interface Read<T> {
  readonly value: T;
  readonly damaged: readonly DamagedRow[];
}

export async function readDocument(
  connection: Connection,
  guid: Guid,
): Promise<Read<StoredDocument | undefined>> {
  const { head, found, snapshot, through, keys, rows } = await connection.read(
    ['documents', 'snapshots', 'updates'],
    async (stores) => {
      const [head, found] = await Promise.all([
        result<DocumentRow | undefined>(stores('documents').get(guid)),
        result<SnapshotRow | undefined>(stores('snapshots').get(guid)),
      ]);
      const snapshot = found !== undefined && isSound(found) ? found : undefined;
      // What a snapshot covered may still be in the log, which is then all there is of it.
      const through = snapshot === undefined ? 0 : (head?.through ?? 0);
      const range = loggedAfter(guid, through);
      const [keys, rows] = await Promise.all([
        result(stores('updates').getAllKeys(range)) as unknown as Promise<UpdateKey[]>,
        result<BytesRow[]>(stores('updates').getAll(range)),
      ]);
      return { head, found, snapshot, through, keys, rows };
    },
  );
  if (head === undefined) return { value: undefined, damaged: [] };
  const damaged: DamagedRow[] = [];
  if (through < head.through) damaged.push({ guid, store: 'snapshots', key: guid, row: found });
  const log = keys.flatMap((key, n) => {
    const row = rows[n] as BytesRow;
    if (isSound(row)) return [{ number: key[1], update: row.bytes }];
    damaged.push({ guid, store: 'updates', key: [...key], row });
    return [];
  });
  const value = storedDocument(head, snapshot, through, log);
  return { value, damaged };
}

export function envelopesOfRecords(
  connection: Connection,
  namespace: Namespace,
  ids: readonly RecordId[],
): Promise<Read<readonly StoredEnvelope[]>> {
  return readEnvelopes(connection, (envelopes) =>
    [...new Set(ids)].map((id) => envelopes.index('record').getAll([namespace, id])),
  );
}

export function envelopesOfDocument(
  connection: Connection,
  guid: Guid,
): Promise<Read<readonly StoredEnvelope[]>> {
  return readEnvelopes(connection, (envelopes) => [envelopes.getAll(beginningWith(guid))]);
}

async function readEnvelopes(
  connection: Connection,
  select: (envelopes: IDBObjectStore) => readonly IDBRequest<EnvelopeRow[]>[],
): Promise<Read<readonly StoredEnvelope[]>> {
  return connection.read(['envelopes', 'commits'], async (stores) => {
    const rows = (await Promise.all(select(stores('envelopes')).map(result))).flat();
    const used = new Map(rows.map((row) => [commitName(row.guid, row.commit), row]));
    const commits = new Map<string, Uint8Array>();
    const read = [...used].map(async ([name, { guid, commit }]) => {
      const row = await result<BytesRow | undefined>(stores('commits').get(keyOf(guid, commit)));
      if (row !== undefined && isSound(row)) commits.set(name, row.bytes);
    });
    await Promise.all(read);
    const damaged: DamagedRow[] = [];
    const value = rows.flatMap((row) => {
      const commit = commits.get(commitName(row.guid, row.commit));
      if (commit !== undefined && isSoundEnvelope(row)) return [storedEnvelope(row, commit)];
      const key = keyOf(row.guid, row.version);
      damaged.push({ guid: row.guid, store: 'envelopes', key, row });
      return [];
    });
    return { value, damaged };
  });
}

/** A state of the relay's that is damaged is left out: it is then asked for again. */
export async function readSyncState(connection: Connection): Promise<StoredSyncState> {
  const [cursor, guids, states, awaited] = await connection.read(
    ['meta', 'known', 'awaited'],
    (stores) =>
      Promise.all([
        result<RelayCursor | undefined>(stores('meta').get('cursor')),
        result(stores('known').getAllKeys()) as Promise<Guid[]>,
        result<BytesRow[]>(stores('known').getAll()),
        result<AwaitedRow[]>(stores('awaited').getAll()),
      ]),
  );
  const sound = guids.flatMap((guid, n) => {
    const row = states[n] as BytesRow;
    return isSound(row) ? [[guid, row.bytes] as const] : [];
  });
  return {
    cursor,
    known: new Map(sound),
    awaited: awaited.sort((a, b) => a.number - b.number).map(({ number, ...document }) => document),
  };
}

export async function readProjections(
  connection: Connection,
): Promise<ReadonlyMap<Namespace, string>> {
  return connection.read(['projections'], async (stores) => {
    const [namespaces, rules] = await Promise.all([
      result(stores('projections').getAllKeys()) as Promise<Namespace[]>,
      result<string[]>(stores('projections').getAll()),
    ]);
    return new Map(namespaces.map((namespace, n) => [namespace, rules[n] as string]));
  });
}
