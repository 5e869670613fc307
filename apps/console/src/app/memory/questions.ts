import type {
  AuditRecord,
  Conflict,
  ForgetStatus,
  Json,
  Lineage,
  Memory,
  MemoryItem,
  Mesh,
  RecallHit,
} from '@mnemesh/core';
import type { RecordId } from '@mnemesh/protocol';
import type { QuestionKind } from '@mnemesh/react';
import { LatestTurn } from '../data/latest-turn.js';
import { admits, type MemoryFilters } from './memory-filters.js';

/** Hits of one answer. More than fit on a screen, and few enough to come while one types. */
const HITS = 40;
/** Of what a filter leaves out, more must be asked for. */
const FILTERED_HITS = 100;

export interface Recalled {
  readonly hits: readonly RecalledHit[];
  readonly abstain: boolean;
  readonly note?: string;
  readonly coverage: { readonly held: number; readonly known: number };
}

export interface RecalledHit extends RecallHit {
  /** Of a hit from the memory. */
  readonly item?: MemoryItem;
}

export function memoryOf(mesh: Mesh, namespace: string | undefined): Memory {
  return namespace === undefined ? mesh.memory : mesh.memory.in(namespace);
}

/** Recall takes some of the page's time: while somebody types, only the latest question is worth it. */
const recalling = new LatestTurn();

export const recalled: QuestionKind<MemoryFilters, Recalled> = {
  name: 'console/recalled',
  ask: (mesh, filters) => recalling.run(() => recallNow(mesh, filters)),
  watch: (mesh, _, changed) => mesh.memory.watch(changed),
};

async function recallNow(mesh: Mesh, filters: MemoryFilters): Promise<Recalled> {
  const { query, namespace, asOf, kind, topic, tag, author } = filters;
  const narrow = [kind, topic, tag].some((one) => one !== undefined);
  const isFiltered = narrow || author !== undefined;
  const answer = await mesh.recall(query, {
    limit: isFiltered ? FILTERED_HITS : HITS,
    ...(namespace === undefined ? {} : { namespaces: [namespace] }),
    ...(asOf === undefined ? {} : { asOf }),
    ...(narrow ? { collection: 'memory' as const } : {}),
  });
  const hits = await Promise.all(answer.hits.map((hit) => withItem(mesh, hit)));
  return {
    ...answer,
    hits: hits
      .filter(({ item, author: by }) =>
        item === undefined
          ? !narrow && (author === undefined || by === author)
          : admits(filters, item),
      )
      .slice(0, HITS),
  };
}

async function withItem(mesh: Mesh, hit: RecallHit): Promise<RecalledHit> {
  if (hit.collection !== 'memory') return hit;
  const item = await mesh.memory.in(hit.namespace).get(hit.id);
  return item === undefined ? hit : { ...hit, item };
}

export interface ItemStory extends Lineage {
  readonly dependents: readonly MemoryItem[];
  readonly conflicts: readonly Conflict[];
  readonly audits: readonly AuditRecord[];
}

interface ItemQuery {
  readonly id: RecordId;
  readonly namespace?: string;
}

/** An item, where it comes from and what became of it: `null` when it is not here. */
export const itemStory: QuestionKind<ItemQuery, ItemStory | null> = {
  name: 'console/item',
  ask: async (mesh, { id, namespace }) => {
    const memory = memoryOf(mesh, namespace);
    const [lineage, dependents, conflicts, audits] = await Promise.all([
      memory.lineage(id),
      memory.dependents(id),
      mesh.conflicts.list({ record: id, open: 'any' }),
      mesh.audit.list({ record: id, limit: 10 }),
    ]);
    return lineage === undefined ? null : { ...lineage, dependents, conflicts, audits };
  },
  watch: (mesh, { namespace }, changed) => memoryOf(mesh, namespace).watch(changed),
};

/** Who has said that nothing of a forgotten item is left: `null` for one that was not forgotten. */
export const forgetStatus: QuestionKind<ItemQuery, ForgetStatus | null> = {
  name: 'console/forgotten',
  ask: async (mesh, { id, namespace }) => (await memoryOf(mesh, namespace).forgotten(id)) ?? null,
  watch: (mesh, _, changed) => mesh.onStatus(changed),
};

/** What a record of a conflict is called, so that people know it: `null` where it has no name. */
export const recordName: QuestionKind<
  { readonly collection: string; readonly namespace: string; readonly id: RecordId },
  string | null
> = {
  name: 'console/name',
  ask: async (mesh, { collection, namespace, id }) => {
    if (collection === 'task') return (await mesh.tasks.in(namespace).get(id))?.title ?? null;
    if (collection === 'memory') return (await mesh.memory.in(namespace).get(id))?.content ?? null;
    if (collection === 'persona') return (await mesh.personas.in(namespace).get(id))?.name ?? null;
    if (collection === 'tool') return (await mesh.tools.in(namespace).get(id))?.tool ?? null;
    return null;
  },
};

/** A value of a field as people read it. */
export function valueText(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

export const settledLately: QuestionKind<null, readonly AuditRecord[]> = {
  name: 'console/settled',
  ask: (mesh) => mesh.audit.list({ limit: 20 }),
  watch: (mesh, _, changed) => mesh.conflicts.watch(changed),
};

/** Items by the day they were written: of the newest, since a look back seldom goes further; a day before them is chosen by its date. */
export const COUNTED = 2_000;

export const writtenByDay: QuestionKind<{ readonly namespace?: string }, readonly DayCount[]> = {
  name: 'console/days',
  ask: async (mesh, { namespace }) =>
    countByDay(await memoryOf(mesh, namespace).list({ limit: COUNTED })),
  watch: (mesh, { namespace }, changed) => memoryOf(mesh, namespace).watch(changed),
};

export interface DayCount {
  /** `2026-11-27`, UTC. */
  readonly day: string;
  readonly count: number;
}

/** Every day from the first to the last, those on which nothing was written among them. */
export function countByDay(items: readonly { readonly createdAt: string }[]): readonly DayCount[] {
  const counts = new Map<string, number>();
  for (const { createdAt } of items) {
    const day = createdAt.slice(0, 10);
    counts.set(day, (counts.get(day) ?? 0) + 1);
  }
  const days = [...counts.keys()].sort();
  const [first, last] = [days[0], days.at(-1)];
  if (first === undefined || last === undefined) return [];
  const all: DayCount[] = [];
  for (let ms = Date.parse(first); ms <= Date.parse(last); ms += 86_400_000) {
    const day = new Date(ms).toISOString().slice(0, 10);
    all.push({ day, count: counts.get(day) ?? 0 });
  }
  return all;
}
