import type { NamedBy, Reference, ReplicaStore, TopicPlace } from '@mnemesh/core';
import type { Namespace, RecordId } from '@mnemesh/protocol';
import { beginningWith, type Connection, result } from './connection.js';
import type { RecordRow } from './rows.js';

type RecordKey = readonly [Namespace, RecordId];

export async function readNamedBy(
  connection: Connection,
  namespace: Namespace,
  kind: Reference['kind'],
  targets: readonly string[],
): Promise<readonly NamedBy[]> {
  const named = await connection.read(['references'], (stores) => {
    const index = stores('references').index('target');
    const found = [...new Set(targets)].map(async (target) => {
      const keys = await result(index.getAllKeys([kind, target, namespace]));
      return (keys as unknown as readonly RecordKey[]).map(([, id]) => ({ target, id }));
    });
    return Promise.all(found);
  });
  return named.flat().sort((a, b) => compare(a.id, b.id) || compare(a.target, b.target));
}

/** Records that refer to something in this way, each once. */
export async function referringTo(
  references: IDBObjectStore,
  { kind, target }: { readonly kind: Reference['kind']; readonly target?: string },
): Promise<readonly RecordKey[]> {
  const range = target === undefined ? beginningWith(kind) : beginningWith(kind, target);
  const keys = (await result(
    references.index('target').getAllKeys(range),
  )) as unknown as readonly RecordKey[];
  return [...new Map(keys.map((key) => [key.join('\n'), key])).values()];
}

/** For each of these records: does any refer to it as superseded? */
export async function supersededAmong(
  references: IDBObjectStore,
  rows: readonly Pick<RecordRow, 'namespace' | 'id'>[],
): Promise<readonly boolean[]> {
  const index = references.index('target');
  const found = rows.map(({ namespace, id }) =>
    result(index.getKey(['supersedes', id, namespace])),
  );
  return (await Promise.all(found)).map((key) => key !== undefined);
}

/** Walks past the topics of one record each; the records of others are looked at. */
export async function readContestedTopics(
  connection: Connection,
  { namespaces, after, limit }: Parameters<ReplicaStore['contestedTopics']>[0],
): Promise<readonly TopicPlace[]> {
  const whole = beginningWith('topic');
  const range =
    after === undefined
      ? whole
      : IDBKeyRange.bound(['topic', after.topic, after.namespace], whole.upper, true);
  return connection.read(['records', 'references'], async (stores) => {
    const contested: TopicPlace[] = [];
    const request = stores('references').index('target').openKeyCursor(range);
    let holders: RecordKey[] = [];
    let place: TopicPlace | undefined;
    for (let cursor = await result(request); contested.length < limit; ) {
      const next = cursor === null ? undefined : placeOf(cursor);
      if (place !== undefined && !isSame(place, next)) {
        if (holders.length > 1 && (await isContested(stores, holders))) contested.push(place);
        holders = [];
      }
      if (cursor === null || next === undefined) break;
      place = next;
      if (namespaces?.includes(next.namespace) ?? true)
        holders.push(cursor.primaryKey as unknown as RecordKey);
      cursor.continue();
      cursor = await result(request);
    }
    return contested;
  });
}

async function isContested(
  stores: (name: 'records' | 'references') => IDBObjectStore,
  holders: readonly RecordKey[],
): Promise<boolean> {
  const rows = await Promise.all(
    holders.map((key) => result<RecordRow | undefined>(stores('records').get([...key]))),
  );
  const shown = rows.filter((row) => row !== undefined && row.archived === 0) as RecordRow[];
  if (shown.length < 2) return false;
  const superseded = await supersededAmong(stores('references'), shown);
  return superseded.filter((over) => !over).length > 1;
}

function placeOf(cursor: IDBCursor): TopicPlace {
  const [, topic, namespace] = cursor.key as [string, string, Namespace];
  return { namespace, topic };
}

function isSame(a: TopicPlace, b: TopicPlace | undefined): boolean {
  return a.topic === b?.topic && a.namespace === b.namespace;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
