import type { Memory, MemoryInput } from '@mnemesh/core';
import { hasCode, MnemeshError, type RecordId } from '@mnemesh/protocol';
import { mcpLimits } from '../mcp-limits.js';
import {
  entityId,
  entityInput,
  observationId,
  observationInput,
  relationId,
  relationInput,
} from './graph-items.js';
import type { Entity, Graph, Relation } from './graph-types.js';
import { inTurns } from './in-turns.js';
import { graphOf, type LoadedGraph, loadGraph, relationKey } from './loaded-graph.js';

export interface ObservationsOf {
  readonly entityName: string;
  readonly contents: readonly string[];
}

export interface Added {
  readonly entityName: string;
  readonly addedObservations: string[];
}

/**
 * The knowledge graph of the official memory server, kept as memory items: what its nine tools do,
 * done so that processes and replicas that do it at the same time lose nothing. Entities that were
 * made apart under one name are one entity, with the observations of both.
 */
export class KnowledgeGraph {
  readonly #items: Memory;

  /** @param items of the graph's namespace */
  constructor(items: Memory) {
    this.#items = items;
  }

  /** Those that were new. An entity that is there is left as it is. */
  async createEntities(entities: readonly Entity[]): Promise<readonly Entity[]> {
    const created: Entity[] = [];
    for (const entity of entities) {
      const { name, entityType } = entity;
      const id = await this.#create((life) => entityId(name, life), entityInput(name, entityType));
      if (id === undefined) continue;
      const observations: string[] = [];
      for (const content of new Set(entity.observations)) {
        await this.#observe(id, name, content);
        observations.push(content);
      }
      created.push({ name, entityType, observations });
    }
    return created;
  }

  /** Those that were new. The ends of a relation need not exist. */
  async createRelations(relations: readonly Relation[]): Promise<readonly Relation[]> {
    const created: Relation[] = [];
    for (const { from, to, relationType } of relations) {
      const relation = { from, to, relationType };
      const id = await this.#create((life) => relationId(relation, life), relationInput(relation));
      if (id !== undefined) created.push(relation);
    }
    return created;
  }

  /** @throws MnemeshError `not_found` for an entity that is not there; then nothing was added */
  async addObservations(additions: readonly ObservationsOf[]): Promise<readonly Added[]> {
    const ids = await this.#entities(additions.map(({ entityName }) => entityName));
    const results: Added[] = [];
    for (const { entityName, contents } of additions) {
      const id = ids.get(entityName) as RecordId;
      const addedObservations: string[] = [];
      for (const content of contents)
        if (await this.#observe(id, entityName, content)) addedObservations.push(content);
      results.push({ entityName, addedObservations });
    }
    return results;
  }

  /** With their observations and relations. Names that nothing bears are passed over. */
  async deleteEntities(names: readonly string[]): Promise<void> {
    const graph = await this.load();
    const doomed = names.flatMap((name) => graph.entities.get(name) ?? []);
    const parts = doomed.flatMap(({ observations }) => [...observations.values()].flat());
    const relations = [...graph.relations.values()].filter(
      ({ relation: { from, to } }) => names.includes(from) || names.includes(to),
    );
    // The entity goes last: whoever is interrupted finds by it what is left to delete.
    await this.#forget([...parts, ...relations.flatMap(({ ids }) => ids)]);
    await this.#forget(doomed.flatMap(({ ids }) => ids));
  }

  async deleteObservations(
    deletions: readonly { readonly entityName: string; readonly observations: readonly string[] }[],
  ): Promise<void> {
    const graph = await this.load();
    await this.#forget(
      deletions.flatMap(({ entityName, observations }) =>
        observations.flatMap(
          (content) => graph.entities.get(entityName)?.observations.get(content) ?? [],
        ),
      ),
    );
  }

  async deleteRelations(relations: readonly Relation[]): Promise<void> {
    const graph = await this.load();
    await this.#forget(
      relations.flatMap((relation) => graph.relations.get(relationKey(relation))?.ids ?? []),
    );
  }

  async read(): Promise<Graph> {
    return graphOf(await this.load(), { isWanted: () => true, everyRelation: true });
  }

  /** Entities whose name, type or an observation holds the text, whatever its case, and all relations that touch one. */
  async search(query: string): Promise<Graph> {
    const wanted = query.toLowerCase();
    const holds = (text: string): boolean => text.toLowerCase().includes(wanted);
    return graphOf(await this.load(), {
      isWanted: ({ name, entityType, observations }) =>
        [name, entityType, ...observations].some(holds),
    });
  }

  /** Entities of these names, and all relations that touch one. */
  async open(names: readonly string[]): Promise<Graph> {
    const wanted = new Set(names);
    return graphOf(await this.load(), { isWanted: ({ name }) => wanted.has(name) });
  }

  load(): Promise<LoadedGraph> {
    return loadGraph(this.#items);
  }

  /** Adds what an export says: an entity that is there gets the observations it lacks. What was forgotten stays so. */
  async merge(entity: Entity, known: LoadedGraph): Promise<'created' | 'existed' | 'forgotten'> {
    const { name, entityType, observations } = entity;
    const before = known.entities.get(name);
    const id = before?.ids[0] ?? entityId(name, 0);
    const outcome =
      before === undefined ? await this.#import(id, entityInput(name, entityType)) : 'existed';
    if (outcome === 'forgotten') return outcome;
    for (const content of new Set(observations)) {
      if (before?.observations.has(content)) continue;
      await this.#import(observationId(id, content, 0), observationInput(id, name, content));
    }
    return outcome;
  }

  async mergeRelation(
    relation: Relation,
    known: LoadedGraph,
  ): Promise<'created' | 'existed' | 'forgotten'> {
    if (known.relations.has(relationKey(relation))) return 'existed';
    return this.#import(relationId(relation, 0), relationInput(relation));
  }

  /** Whether it was new. */
  async #observe(entity: RecordId, name: string, content: string): Promise<boolean> {
    const id = await this.#create(
      (life) => observationId(entity, content, life),
      observationInput(entity, name, content),
    );
    return id !== undefined;
  }

  /** Creates it in its first life that was not ended. Undefined when it is there. */
  async #create(
    idOf: (life: number) => RecordId,
    input: MemoryInput,
  ): Promise<RecordId | undefined> {
    for (let life = 0; ; life = await this.#lifeAfter(life, idOf)) {
      const id = idOf(life);
      const outcome = await this.#import(id, input);
      if (outcome === 'existed') return undefined;
      if (outcome === 'created') return id;
    }
  }

  /** The next life that was not ended. Lives are ended in their order: so it is looked for in growing steps, then between two. */
  async #lifeAfter(ended: number, idOf: (life: number) => RecordId): Promise<number> {
    const isOver = async (life: number): Promise<boolean> =>
      (await this.#items.forgotten(idOf(life))) !== undefined;
    let over = ended;
    let step = 1;
    while (await isOver(over + step)) {
      over += step;
      step *= 2;
    }
    let next = over + step;
    while (next - over > 1) {
      const middle = Math.floor((over + next) / 2);
      if (await isOver(middle)) over = middle;
      else next = middle;
    }
    return next;
  }

  async #import(id: RecordId, input: MemoryInput): Promise<'created' | 'existed' | 'forgotten'> {
    if ((await this.#items.get(id)) !== undefined) return 'existed';
    try {
      await this.#items.import({ id, input });
      return 'created';
    } catch (error) {
      if (hasCode(error, 'not_found')) return 'forgotten';
      throw error;
    }
  }

  /** @throws MnemeshError `not_found` naming the first that is not there */
  async #entities(names: readonly string[]): Promise<ReadonlyMap<string, RecordId>> {
    const distinct = [...new Set(names)];
    const first = await inTurns(distinct, mcpLimits.concurrentWrites, (name) =>
      this.#items.get(entityId(name, 0)),
    );
    const ids = new Map<string, RecordId>();
    let graph: LoadedGraph | undefined;
    for (const [i, name] of distinct.entries()) {
      // Only an entity that was deleted and made again is not where it began.
      graph ??= first[i] === undefined ? await this.load() : undefined;
      const id = first[i]?.id ?? graph?.entities.get(name)?.ids[0];
      if (id === undefined) {
        throw new MnemeshError(
          'not_found',
          `Entity with name ${name} not found. Make it with create_entities first; nothing was added.`,
        );
      }
      ids.set(name, id);
    }
    return ids;
  }

  async #forget(ids: readonly RecordId[]): Promise<void> {
    await inTurns(ids, mcpLimits.concurrentWrites, async (id) => {
      try {
        await this.#items.forget(id);
      } catch (error) {
        // Somebody else was first.
        if (!hasCode(error, 'not_found')) throw error;
      }
    });
  }
}
