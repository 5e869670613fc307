import type { Memory, MemoryItem } from '@mnemesh/core';
import type { RecordId } from '@mnemesh/protocol';
import { graphItem } from './graph-items.js';
import type { Entity, Graph, Relation } from './graph-types.js';

/** Items of one page. */
const PAGE = 1_000;

/** The graph with the items that say it. Something said by several is one; to delete it, all are forgotten. */
export interface LoadedGraph {
  readonly entities: ReadonlyMap<string, LoadedEntity>;
  /** By `relationKey`. */
  readonly relations: ReadonlyMap<string, LoadedRelation>;
}

export interface LoadedEntity {
  readonly ids: readonly [RecordId, ...RecordId[]];
  readonly name: string;
  readonly entityType: string;
  readonly observations: ReadonlyMap<string, readonly RecordId[]>;
}

export interface LoadedRelation {
  readonly ids: readonly RecordId[];
  readonly relation: Relation;
}

/** Equal for relations that say the same. */
export function relationKey({ from, to, relationType }: Relation): string {
  return JSON.stringify([from, to, relationType]);
}

/** Everything, in the order in which it was made. */
export async function loadGraph(items: Memory): Promise<LoadedGraph> {
  const found: MemoryItem[] = [];
  let before: MemoryItem | undefined;
  for (;;) {
    const page = await items.list({ limit: PAGE, ...(before === undefined ? {} : { before }) });
    found.push(...page);
    before = page.at(-1);
    if (page.length < PAGE) return put(found.reverse());
  }
}

interface Growing {
  readonly ids: [RecordId, ...RecordId[]];
  readonly name: string;
  readonly entityType: string;
  readonly observations: Map<string, RecordId[]>;
}

function put(items: readonly MemoryItem[]): LoadedGraph {
  const entities = new Map<string, Growing>();
  const byId = new Map<string, Growing>();
  const relations = new Map<string, { readonly ids: RecordId[]; readonly relation: Relation }>();
  const observed: { readonly id: RecordId; readonly entity: string; readonly content: string }[] =
    [];
  for (const item of items) {
    const said = graphItem(item);
    if (said?.is === 'entity') {
      const { name, entityType } = said;
      const entity = entities.get(name) ?? {
        ids: [item.id],
        name,
        entityType,
        observations: new Map(),
      };
      if (entities.has(name)) entity.ids.push(item.id);
      entities.set(name, entity);
      byId.set(item.id, entity);
    } else if (said?.is === 'observation') {
      observed.push({ id: item.id, entity: said.entity, content: said.content });
    } else if (said?.is === 'relation') {
      const key = relationKey(said.relation);
      const known = relations.get(key);
      if (known === undefined) relations.set(key, { ids: [item.id], relation: said.relation });
      else known.ids.push(item.id);
    }
  }
  // An observation may be older than its entity by the clock of another device.
  for (const { id, entity, content } of observed) {
    const observations = byId.get(entity)?.observations;
    const known = observations?.get(content);
    if (known === undefined) observations?.set(content, [id]);
    else known.push(id);
  }
  return { entities, relations };
}

export interface GraphChoice {
  isWanted(entity: Entity): boolean;
  /** Also those that touch no wanted entity. */
  readonly everyRelation?: boolean;
}

/** The wanted entities, and the relations that touch one. */
export function graphOf(
  { entities, relations }: LoadedGraph,
  { isWanted, everyRelation = false }: GraphChoice,
): Graph {
  const wanted = [...entities.values()]
    .map(({ name, entityType, observations }) => ({
      name,
      entityType,
      observations: [...observations.keys()],
    }))
    .filter(isWanted);
  const names = new Set(wanted.map(({ name }) => name));
  return {
    entities: wanted,
    relations: [...relations.values()]
      .map(({ relation }) => relation)
      .filter(({ from, to }) => everyRelation || names.has(from) || names.has(to)),
  };
}
