import { estimateTokens } from '@mnemesh/core';
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { describe, expect, test } from 'vitest';
import { call, Place, type Remembered, remember, textOf } from './connected.js';

/** What an answer takes at most, and a little that nobody counts. */
const MOST = 8_000 * 1.05;
/** A text of which each character takes a token. */
const kanji = (chars: number): string =>
  '記憶は皆で分かち合う。'.repeat(chars / 11 + 1).slice(0, chars);

interface Items {
  readonly items: readonly {
    readonly content: string;
    readonly truncated?: boolean;
    readonly omitted?: number;
    readonly conflicts: readonly {
      readonly values: readonly unknown[];
      readonly omitted?: number;
    }[];
    readonly moreConflicts?: number;
  }[];
}

/** The data of an answer, once it and its text are found to be short enough. */
async function capped<T>(client: Client, name: string, args: Record<string, unknown>): Promise<T> {
  const data = await call<T>(client, name, args);
  expect(estimateTokens(JSON.stringify(data)), 'data').toBeLessThan(MOST);
  expect(estimateTokens(await textOf(client, name, args)), 'text').toBeLessThan(MOST);
  return data;
}

/** Items of one topic, by sessions that do not know each other's. */
async function contradicting(place: Place, count: number, chars: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const mesh = await place.session(`agent-${i}`);
    await mesh.memory.create({ content: `${i} ${kanji(chars)}`, topic: '約束' });
  }
}

describe('an answer stays within its tokens, whatever its script', () => {
  test('get_memory of one long item, and of several', async () => {
    const place = await Place.open();
    const client = await place.connect('a');
    const { id } = await remember(client, { content: kanji(50_000) });
    const [alone] = (await capped<Items>(client, 'get_memory', { ids: [id] })).items;
    expect(alone?.truncated).toBe(true);
    expect(alone?.content.length).toBeGreaterThan(4_000);
    const short = await remember(client, { content: 'short' });
    const ids = [short.id, ...Array.from({ length: 49 }, () => id)];
    const { items } = await capped<Items>(client, 'get_memory', { ids });
    expect(items).toHaveLength(50);
    expect(items[0]).toMatchObject({ content: 'short' });
  });

  test('get_memory of an item with many tags, sources and contradictions', async () => {
    const place = await Place.open();
    const client = await place.connect('a');
    await contradicting(place, 30, 500);
    const tags = Array.from({ length: 100 }, (_, i) => `${i}${kanji(90)}`);
    const mesh = await place.session('writer');
    const sources = Array.from({ length: 100 }, (_, i) => `${i}${kanji(400)}`);
    const { id } = await mesh.memory.create({
      content: kanji(5_000),
      topic: '約束',
      tags,
      sources,
    });
    const { items } = await capped<Items>(client, 'get_memory', { ids: [id] });
    const [item] = items;
    expect(item?.omitted).toBeGreaterThan(100);
    expect(item?.content.length).toBeGreaterThan(2_000);
    const [conflict] = item?.conflicts ?? [];
    expect(conflict?.values.length).toBeGreaterThan(1);
    expect((conflict?.values.length ?? 0) + (conflict?.omitted ?? 0)).toBe(31);
    // What there is no room for, it says.
    const many = await capped<Items>(client, 'get_memory', { ids: Array(10).fill(id) });
    for (const { conflicts, moreConflicts = 0 } of many.items)
      expect(conflicts.length + moreConflicts).toBe(1);
  });

  test('remember, of something that many contradict; those that it does not name were not read', async () => {
    const place = await Place.open();
    await contradicting(place, 40, 500);
    const client = await place.connect('a');
    const args = { content: kanji(10), topic: '約束' };
    const { conflicts } = await call<Remembered & Items['items'][0]>(client, 'remember', args);
    expect(estimateTokens(JSON.stringify(conflicts))).toBeLessThan(MOST);
    const [first] = conflicts;
    expect(first?.values.length).toBeGreaterThan(1);
    expect(first?.values.length).toBeLessThan(41);
    // It knows of some now, and not of the others: what it says next stands against those.
    const next = await remember(client, { content: 'この約束は終わり', topic: '約束' });
    expect(next.conflicts).toHaveLength(1);
  });

  test('get_memory of an item that many took the place of', async () => {
    const place = await Place.open();
    const [mesh, client] = [await place.session('writer'), await place.connect('a')];
    const { id } = await mesh.memory.create({ content: 'The port is 7700' });
    await Promise.all(
      Array.from({ length: 120 }, (_, i) =>
        mesh.memory.create({ content: `The port is ${i}`, supersedes: [id] }),
      ),
    );
    type Superseded = Items & { items: readonly { readonly supersededBy: readonly string[] }[] };
    const { items } = await capped<Superseded>(client, 'get_memory', { ids: [id] });
    const [item] = items;
    expect(item?.supersededBy.length).toBeGreaterThan(1);
    expect((item?.supersededBy.length ?? 0) + (item?.omitted ?? 0)).toBe(120);
  });

  test('task_list, of what waits for many tasks, and with much news', async () => {
    const place = await Place.open();
    const [mesh, client] = [await place.session('planner'), await place.connect('a')];
    const ids = await Promise.all(
      Array.from({ length: 60 }, (_, i) =>
        mesh.tasks.create({ title: `Dig ${i}`, description: kanji(400) }).then(({ id }) => id),
      ),
    );
    await mesh.tasks.create({
      title: 'Build',
      dependencies: [
        ...ids.map((on) => ({ type: 'blocks', on })),
        ...Array.from({ length: 300 }, (_, i) => ({ type: 'blocks', on: `not-here:${i}` })),
      ],
    });
    const blocked = { view: 'blocked' };
    const { tasks } = await capped<{ tasks: { omitted?: number }[] }>(client, 'task_list', blocked);
    expect(tasks).toMatchObject([{ title: 'Build', waitsFor: expect.anything() }]);
    expect(tasks[0]?.omitted).toBeGreaterThan(100);

    await Promise.all(ids.map((id) => call(client, 'task_claim', { id })));
    await Promise.all(ids.map((id) => mesh.tasks.update(id, { status: 'canceled' })));
    const all = await call<{ notices: unknown[] }>(client, 'task_list', {
      view: 'all',
      limit: 100,
    });
    expect(all.notices).toHaveLength(60);
    expect(estimateTokens(JSON.stringify(all))).toBeLessThan(MOST);
  });

  test('context, of many short tasks', async () => {
    const place = await Place.open();
    const [mesh, client] = [await place.session('planner'), await place.connect('a')];
    await Promise.all(
      Array.from({ length: 450 }, async (_, i) => {
        const { id } = await mesh.tasks.create({ title: `Dig ${i}` });
        if (i % 2 === 0) await mesh.tasks.claim(id);
      }),
    );
    const { tasks, omitted } = await capped<{ tasks: unknown[]; omitted: number }>(
      client,
      'context',
      { maxTokens: 8_000 },
    );
    expect(tasks.length).toBeGreaterThan(100);
    expect(omitted).toBeGreaterThan(0);
  });

  test('a document, which is read on where the last part ended', async () => {
    const place = await Place.open();
    const client = await place.connect('a', ['team']);
    const text = kanji(20_000);
    const { id } = await call<{ id: string }>(client, 'document_write', { title: '本', text });
    let read = '';
    while (read.length < text.length) {
      const args = { id, offset: read.length };
      const part = await capped<{ text: string }>(client, 'document_read', args);
      expect(part.text.length).toBeGreaterThan(0);
      read += part.text;
    }
    expect(read).toBe(text);
  });

  test('those that name a forgotten item, and messages', async () => {
    const place = await Place.open();
    const client = await place.connect('a', ['team']);
    const mesh = await place.session('b');
    const { id } = await remember(client, { content: 'the source' });
    await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        mesh.memory.create({ content: `${i}${kanji(500)}`, sources: [id] }),
      ),
    );
    await capped(client, 'forget', { id, level: 'forget' });
    await mesh.presence.set({ status: 'writes' });
    const writer = await place.connect('b', ['team']);
    for (let i = 0; i < 5; i++)
      await call(writer, 'message_send', { to: 'a', content: kanji(5_000) });
    const { messages } = await capped<{ messages: unknown[] }>(client, 'message_inbox', {});
    expect(messages).toHaveLength(1);
  });
});
