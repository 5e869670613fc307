import type { RecordId } from '@mnemesh/protocol';
import { describe, expect, test } from 'vitest';
import { importGraph } from '../src/index.js';
import { entityId, entityInput, GRAPH_NAMESPACE } from '../src/knowledge-graph/graph-items.js';
import { call, Place } from './connected.js';

async function* linesOf(text: string): AsyncIterable<string> {
  yield* text.split('\n');
}

const entity = (name: string, observations: readonly string[], entityType = 'person') => ({
  name,
  entityType,
  observations,
});

interface Graph {
  readonly entities: readonly { readonly name: string; readonly observations: readonly string[] }[];
  readonly relations: readonly unknown[];
}

describe('a knowledge graph that several clients write at the same time', () => {
  test('holds each entity once, with the observations of all who made it', async () => {
    const place = await Place.open();
    const clients = await Promise.all(
      Array.from({ length: 4 }, (_, i) => place.connect(`c${i}`, ['memory'])),
    );
    await Promise.all(
      clients.flatMap((client, i) => [
        call(client, 'create_entities', {
          entities: [entity('Ada', [`seen by ${i}`, 'speaks French'])],
        }),
        call(client, 'create_relations', {
          relations: [{ from: 'Ada', to: 'Bob', relationType: 'knows' }],
        }),
      ]),
    );
    const graph = await call<Graph>(clients[0] as (typeof clients)[0], 'read_graph');
    expect(graph.entities).toHaveLength(1);
    expect(graph.relations).toHaveLength(1);
    const [ada] = graph.entities;
    expect(new Set(ada?.observations).size).toBe(ada?.observations.length);
    expect(ada?.observations).toContain('speaks French');
    // Whoever came first is certain; whoever found her there already added nothing, as documented.
    expect(ada?.observations.some((text) => text.startsWith('seen by'))).toBe(true);
  });

  test('is made of the same records wherever it is made', async () => {
    const ids: RecordId[][] = [];
    for (let i = 0; i < 2; i++) {
      const place = await Place.open();
      const client = await place.connect(`c${i}`, ['memory']);
      await call(client, 'create_entities', { entities: [entity('Ada', ['speaks French'])] });
      const mesh = await place.session('reader');
      ids.push((await mesh.memory.in('shared/graph').list()).map(({ id }) => id).sort());
    }
    expect(ids[0]).toHaveLength(2);
    expect(ids[1]).toEqual(ids[0]);
  });

  test('is found by recall, by the name of an entity too', async () => {
    const place = await Place.open();
    const client = await place.connect('a', ['default', 'memory']);
    await call(client, 'create_entities', {
      entities: [entity('Lovelace', ['wrote the first program'])],
    });
    const { hits } = await call<{ hits: { text: string }[] }>(client, 'recall', {
      query: 'lovelace program',
    });
    expect(hits[0]?.text).toBe('wrote the first program');
  });
});

test('an entity is made again however often it was deleted, with what is observed of it then', async () => {
  const place = await Place.open();
  const [mesh, client] = [await place.session('writer'), await place.connect('a', ['memory'])];
  const items = mesh.memory.in(GRAPH_NAMESPACE);
  await Promise.all(
    Array.from({ length: 300 }, async (_, life) => {
      const id = entityId('Ada', life);
      await items.import({ id, input: entityInput('Ada', 'person') });
      await items.forget(id);
    }),
  );
  for (const observed of ['speaks French', 'likes tea']) {
    await call(client, 'create_entities', { entities: [entity('Ada', [observed])] });
    expect(await call<Graph>(client, 'create_entities', { entities: [entity('Ada', [])] })).toEqual(
      { entities: [] },
    );
    expect(await call<Graph>(client, 'read_graph')).toMatchObject({
      entities: [entity('Ada', [observed])],
    });
    await call(client, 'delete_entities', { entityNames: ['Ada'] });
  }
});

describe("the official memory server's file", () => {
  const FILE = [
    JSON.stringify({ type: 'entity', ...entity('Ada', ['speaks French', 'likes tea']) }),
    JSON.stringify({ type: 'entity', ...entity('Acme', [], 'company') }) +
      JSON.stringify({ type: 'relation', from: 'Ada', to: 'Acme', relationType: 'works_at' }),
    '',
    '{"type":"entity","name":',
    JSON.stringify({ type: 'entity', name: 'No type', observations: [] }),
  ].join('\n');

  test('is taken in, twice as once; bad lines are named, objects run together are told apart', async () => {
    const place = await Place.open();
    const mesh = await place.session('importer');
    const told: number[] = [];
    const report = await importGraph(mesh, linesOf(FILE), (lines) => told.push(lines));
    expect(report).toMatchObject({
      lines: 5,
      entities: { created: 2, existed: 0, forgotten: 0 },
      relations: { created: 1, existed: 0, forgotten: 0 },
    });
    expect(report.bad.map(({ line }) => line)).toEqual([4, 5]);
    expect(told.at(-1)).toBe(5);

    const client = await place.connect('a', ['memory']);
    const graph = await call<Graph>(client, 'read_graph');
    expect(graph).toEqual({
      entities: expect.arrayContaining([
        entity('Ada', ['speaks French', 'likes tea']),
        entity('Acme', [], 'company'),
      ]),
      relations: [{ from: 'Ada', to: 'Acme', relationType: 'works_at' }],
    });
    const again = await importGraph(mesh, linesOf(FILE), () => undefined);
    expect(again).toMatchObject({
      entities: { created: 0, existed: 2 },
      relations: { created: 0, existed: 1 },
    });
    expect(await call<Graph>(client, 'read_graph')).toEqual(graph);
  });

  test('adds what is missing, and brings nothing back that was forgotten [DL]', async () => {
    const place = await Place.open();
    const mesh = await place.session('importer');
    const client = await place.connect('a', ['memory']);
    await importGraph(mesh, linesOf(FILE), () => undefined);
    await call(client, 'delete_entities', { entityNames: ['Acme'] });
    await call(client, 'delete_observations', {
      deletions: [{ entityName: 'Ada', observations: ['likes tea'] }],
    });
    const line = JSON.stringify({ type: 'entity', ...entity('Ada', ['likes tea', 'is new']) });
    const report = await importGraph(mesh, linesOf(`${FILE}\n${line}`), () => undefined);
    expect(report.entities).toEqual({ created: 0, existed: 2, forgotten: 1 });
    expect(await call<Graph>(client, 'read_graph')).toEqual({
      entities: [entity('Ada', ['speaks French', 'is new'])],
      relations: [],
    });
  });
});
