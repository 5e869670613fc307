import type { StoredRecord } from '@mnemesh/core';
import type { RecordId } from '@mnemesh/protocol';
import { readReplicaStore } from '../simulated-replica-store.js';
import type { Device } from './device.js';
import { MESH } from './mesh-name.js';
import { Model, type ModelRecord, type ModelWrite } from './model.js';
import { BrokenPromise, mayBeForgotten } from './oracle.js';
import type { World } from './world.js';

/** An item on a topic as a store has it. */
interface StoredItem {
  readonly id: RecordId;
  readonly session: string;
  readonly clock: number;
  readonly seen: Readonly<Record<string, number>>;
}

/** Contradictions are shown, all of them and no others, and the same ones everywhere. */
export function judgeTopics(world: World, devices: readonly Device[]): void {
  const [first, ...others] = devices.map((device) => ({ device, heads: headsOf(device) }));
  if (first === undefined) return;
  for (const { device, heads } of others) {
    const [ours, theirs] = [first.heads, heads].map((list) => list.map(({ id }) => id).join(' '));
    if (ours !== theirs)
      throw new BrokenPromise(
        'CV',
        `heads of topics differ: on ${first.device.name} ${ours}, on ${device.name} ${theirs}`,
      );
  }
  judgeHeads(world, first.heads);
}

function headsOf(device: Device): readonly StoredItem[] {
  const tables = readReplicaStore(device.machine.disk.image(), MESH);
  return tables
    .query({ collection: 'memory', superseded: false, limit: 1_000_000 })
    .flatMap((record) => itemOf(record) ?? []);
}

function itemOf({ id, view }: StoredRecord): StoredItem | undefined {
  const { topical } = JSON.parse(view) as { readonly topical?: Omit<StoredItem, 'id'> };
  return topical === undefined ? undefined : { ...topical, id };
}

function judgeHeads(world: World, heads: readonly StoredItem[]): void {
  const byId = new Map(heads.map((head) => [head.id, head]));
  const items = world.model.records.flatMap((record) => {
    const write = record.writes.find(({ kind }) => kind === 'base');
    if (write?.topic === undefined || record.id === undefined) return [];
    if (world.stolen.has(write.token)) return [];
    return [{ record, write, head: byId.get(record.id) }];
  });
  for (const { record, write, head } of items) {
    const successor = successorsOf(world.model, record).find(Model.isCertain);
    if (head !== undefined && successor !== undefined) {
      throw new BrokenPromise(
        'CF',
        `${write.token} is a head of its topic, though ${successor.token} superseded it`,
      );
    }
    const isOver = mayBeForgotten(record) || successorsOf(world.model, record).length > 0;
    if (head === undefined && Model.isCertain(write) && !isOver)
      throw new BrokenPromise(
        'CF',
        `${write.token} is no head of its topic, and nothing replaced it`,
      );
  }
  for (const [i, a] of items.entries()) {
    for (const b of items.slice(i + 1)) {
      if (a.head === undefined || b.head === undefined) continue;
      if (a.write.topic?.name !== b.write.topic?.name) continue;
      judgePair(a.write, a.head, b.write, b.head);
    }
  }
}

function judgePair(a: ModelWrite, one: StoredItem, b: ModelWrite, other: StoredItem): void {
  const contradict = !knows(one, other) && !knows(other, one);
  if (
    contradict &&
    (a.topic?.known.has(b.token) || b.topic?.known.has(a.token) || a.session === b.session)
  )
    throw new BrokenPromise(
      'CF',
      `${a.token} and ${b.token} are in conflict, and one knew the other`,
    );
  if (!contradict && !a.topic?.maybeKnown.has(b.token) && !b.topic?.maybeKnown.has(a.token))
    throw new BrokenPromise(
      'CF',
      `${a.token} and ${b.token} were written apart, and are no conflict`,
    );
}

function knows(one: StoredItem, other: StoredItem): boolean {
  return (one.seen[other.session] ?? -1) >= other.clock;
}

/** Every write that was to supersede this item and may have come to be. */
function successorsOf(model: Model, record: ModelRecord): readonly ModelWrite[] {
  return [...model.writes.values()].filter(
    ({ refused, topic }) => !refused && topic?.supersedes.includes(record),
  );
}
