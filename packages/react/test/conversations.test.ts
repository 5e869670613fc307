// @vitest-environment happy-dom
import type { Conversation } from '@mnemesh/core';
import { expect, test } from 'vitest';
import { type QuestionKind, useConversations, useEvents, useQuestion } from '../src/index.js';
import { during, show } from './page.js';
import { World } from './world.js';

test('conversations are listed, and those that others begin appear', async () => {
  const world = new World();
  const a = await world.open('a');
  const b = await world.open('b', 'a');
  await a.conversations.create({ title: 'First' });
  const page = await show(a, useConversations, {});
  const titles = () => page.now.data?.map(({ title }) => title);
  expect(titles()).toEqual(['First']);
  await b.conversations.create({ title: 'Second' });
  await during(world.time, () => world.time.advance(5_000));
  expect(titles()).toEqual(['Second', 'First']);
});

test('events of one conversation come as they are appended, and another conversation’s do not', async () => {
  const world = new World();
  const a = await world.open('a');
  const talk = await a.conversations.create({ title: 'Talk' });
  const other = await a.conversations.create({ title: 'Other' });
  const page = await show(
    a,
    (id: Conversation['id'] | undefined) => useEvents(id, { last: true, limit: 2 }),
    undefined,
  );
  expect(page.now).toEqual({ data: undefined, error: undefined, isStale: false });
  const texts = () => page.now.data?.map(({ text }) => text);

  await page.render(talk.id);
  await during(world.time, () =>
    a.conversations.append(talk.id, [{ text: 'one' }, { text: 'two' }]),
  );
  await during(world.time, () => a.conversations.append(other.id, { text: 'elsewhere' }));
  await during(world.time, () => a.conversations.append(talk.id, { text: 'three' }));
  expect(texts()).toEqual(['two', 'three']);

  const [last] = await a.conversations.events(talk.id, { last: true, limit: 1 });
  await during(world.time, () => a.conversations.forget(talk.id));
  expect(last?.text).toBe('three');
  expect(texts()).toEqual([]);
});

test('a question of one’s own is asked once for all who ask it, and again when it says that it changed', async () => {
  const world = new World();
  const a = await world.open('a');
  let asked = 0;
  const counted: QuestionKind<string, number> = {
    name: 'test/counted',
    ask: (mesh, kind) => {
      asked += 1;
      return mesh.memory.count({ state: kind });
    },
    watch: (mesh, _, changed) => mesh.memory.watch(changed),
  };
  const page = await show(
    a,
    (kind: string) => [useQuestion(counted, kind).data, useQuestion(counted, kind).data],
    'fact',
  );
  expect(page.now).toEqual([0, 0]);
  const before = asked;
  await during(world.time, () => a.memory.create({ content: 'Blue.', kind: 'fact' }));
  expect(page.now).toEqual([1, 1]);
  expect(asked - before).toBe(1);
});
