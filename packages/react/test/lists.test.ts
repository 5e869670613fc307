// @vitest-environment happy-dom
import type { Task } from '@mnemesh/core';
import { createElement, memo, type ReactNode, useLayoutEffect } from 'react';
import { expect, test } from 'vitest';
import { MeshProvider, useConflicts, useMemory, usePresence, useTasks } from '../src/index.js';
import { observe } from './observed-mesh.js';
import { during, open, show } from './page.js';
import { World } from './world.js';

const contents = ({
  data,
}: {
  readonly data: readonly { readonly content: string }[] | undefined;
}) => data?.map(({ content }) => content);

test('a list shows what is there, then every change, wherever it was made', async () => {
  const world = new World();
  const a = await world.open('a');
  const b = await world.open('b', 'a');
  const first = await a.memory.create({ content: 'First.' });
  const page = await show(a, useMemory, {});
  expect(page.renders[0]).toEqual({ data: undefined, error: undefined, isStale: false });
  expect(contents(page.now)).toEqual(['First.']);

  await during(world.time, () => a.memory.create({ content: 'Written here.' }));
  expect(contents(page.now)).toEqual(['Written here.', 'First.']);

  await b.memory.create({ content: 'Written elsewhere.' });
  await during(world.time, () => world.time.advance(5_000));
  expect(contents(page.now)).toContain('Written elsewhere.');

  await during(world.time, () => a.memory.forget(first.id));
  expect(contents(page.now)).not.toContain('First.');
});

test('a query that is written anew at each render is one question as long as it says the same', async () => {
  const world = new World();
  const a = await world.open('a');
  const observed = observe(a);
  await a.memory.create({ content: 'The ferry is blue.', topic: 'ferry' });
  const page = await show(observed.mesh, useMemory, { topic: 'ferry', limit: 5 });
  const { now } = page;
  expect(now.data).toHaveLength(1);
  await page.render({ limit: 5, topic: 'ferry' });
  expect(page.now).toBe(now);
  expect(observed.asked).toBe(1);
});

test('after a change of the query the old answer stays, marked, until the new one is there', async () => {
  const world = new World();
  const a = await world.open('a');
  await a.memory.create({ content: 'Ferry.', topic: 'ferry' });
  await a.memory.create({ content: 'Parrot.', topic: 'parrot' });
  const page = await show(a, useMemory, { topic: 'ferry' });
  const before = page.now;
  expect(contents(before)).toEqual(['Ferry.']);
  const rendered = page.renders.length;

  await page.render({ topic: 'parrot' });
  const since = page.renders.slice(rendered);
  expect(since[0]).toEqual({ data: before.data, error: undefined, isStale: true });
  expect(since.every(({ data }) => data !== undefined)).toBe(true);
  expect(contents(page.now)).toEqual(['Parrot.']);
  expect(page.now.isStale).toBe(false);
});

test('under another mesh nothing of the first one is shown', async () => {
  const world = new World();
  const [a, b] = [await world.open('a'), await world.open('b')];
  await a.memory.create({ content: 'Of the first.' });
  const page = await show(a, useMemory, {});
  const rendered = page.renders.length;
  await page.turnTo(b);
  for (const answer of page.renders.slice(rendered)) expect(contents(answer) ?? []).toEqual([]);
  expect(page.now.data).toEqual([]);

  await during(world.time, () => a.memory.create({ content: 'Not for this page.' }));
  expect(page.now.data).toEqual([]);
});

test('what a list does not accept is given back as its error, and the next answer clears it', async () => {
  const world = new World();
  const a = await world.open('a');
  const page = await show(a, useMemory, { limit: -1 });
  expect(page.now).toMatchObject({ data: undefined, error: { code: 'bad_input' } });
  await page.render({ namespace: 'no such/../place' } as never);
  expect(page.now).toMatchObject({ data: undefined, error: { code: 'bad_input' } });
  await page.render({});
  expect(page.now).toEqual({ data: [], error: undefined, isStale: false });
});

test('a namespace of its own is listed and watched alone', async () => {
  const world = new World();
  const a = await world.open('a');
  const page = await show(a, useMemory, { namespace: 'shared/notes' });
  await during(world.time, () => a.memory.create({ content: 'Elsewhere.' }));
  expect(page.now.data).toEqual([]);
  await during(world.time, () => a.memory.in('shared/notes').create({ content: 'A note.' }));
  expect(contents(page.now)).toEqual(['A note.']);
});

interface RowsProps {
  readonly rendered: string[];
}

const Row = memo(function Row({ task, rendered }: RowsProps & { readonly task: Task }): ReactNode {
  rendered.push(task.title);
  return task.title;
});

function Rows({ rendered }: RowsProps): ReactNode {
  return useTasks().data?.map((task) => createElement(Row, { key: task.id, task, rendered }));
}

test('rows of records that did not change are not rendered again', async () => {
  const world = new World();
  const a = await world.open('a');
  const one = await a.tasks.create({ title: 'One' });
  await a.tasks.create({ title: 'Two' });
  const rendered: string[] = [];
  const page = await open();
  await page.render(createElement(MeshProvider, { mesh: a }, createElement(Rows, { rendered })));
  expect(rendered.sort()).toEqual(['One', 'Two']);
  await during(world.time, () => a.tasks.update(one.id, { title: 'One, now' }));
  expect(rendered.slice(2)).toEqual(['One, now']);
  expect(page.container.textContent).toContain('One, now');
});

interface CountProps {
  readonly container: HTMLElement;
  readonly seen: string[];
}

function Count({ container, seen }: CountProps): ReactNode {
  const length = useMemory().data?.length;
  useLayoutEffect(() => {
    seen.push(container.textContent);
  });
  return String(length ?? '-');
}

test('components that ask the same show the same after every render, and it is asked once', async () => {
  const world = new World();
  const a = await world.open('a');
  const observed = observe(a);
  const page = await open();
  const seen: string[] = [];
  const { container } = page;
  const counts = ['x', 'y', 'z'].map((key) => createElement(Count, { key, container, seen }));
  await page.render(createElement(MeshProvider, { mesh: observed.mesh }, counts));
  for (let n = 1; n <= 5; n++) {
    await during(world.time, () => a.memory.create({ content: `Item ${n}.` }));
    expect(container.textContent).toBe(`${n}${n}${n}`);
  }
  expect(seen.filter((text) => !/^(.)\1\1$/.test(text))).toEqual([]);
  expect(observed.asked).toBe(6);
  expect(observed.watching).toBe(1);
});

test('changes that come while a list is being read make it be read once more', async () => {
  const world = new World();
  const a = await world.open('a');
  const observed = observe(a);
  const page = await show(observed.mesh, useMemory, {});
  const asked = observed.asked;
  const release = observed.hold();
  for (let n = 0; n < 20; n++)
    await during(world.time, () => a.memory.create({ content: `Item ${n}.` }));
  expect(page.now.data).toEqual([]);
  await during(world.time, async () => release());
  expect(page.now.data).toHaveLength(20);
  expect(observed.asked - asked).toBe(2);
});

test('conflicts appear when sessions disagree, and go when somebody decides [CF]', async () => {
  const world = new World();
  const a = await world.open('a');
  const [one, two] = [await a.further('one'), await a.further('two')];
  const { id } = await one.tasks.create({ title: 'Decide', priority: 3 });
  const page = await show(a, useConflicts, {});
  expect(page.now.data).toEqual([]);
  await during(world.time, async () => {
    await one.tasks.update(id, { priority: 1 });
    await two.tasks.update(id, { priority: 2 });
    await world.time.advance(1_000);
  });
  expect(page.now.data).toMatchObject([{ record: id, field: 'priority' }]);
  const [conflict] = page.now.data ?? [];
  if (conflict === undefined) throw new Error('There is no conflict.');
  await during(world.time, async () => {
    await a.conflicts.resolve(conflict, { keep: conflict.values[0].version });
    await world.time.advance(1_000);
  });
  expect(page.now.data).toEqual([]);
});

test('who is there is shown, as they come, say something and go', async () => {
  const world = new World();
  const a = await world.open('a');
  const page = await show(a, usePresence, undefined);
  expect(page.now.data?.map(({ name }) => name)).toEqual(['a']);
  const b = await world.open('b', 'a');
  await b.presence.set({ status: 'reviews the release' });
  await during(world.time, () => world.time.advance(5_000));
  expect(page.now.data).toMatchObject([
    { name: 'a' },
    { name: 'b', status: 'reviews the release' },
  ]);
  await during(world.time, async () => {
    await b.presence.leave();
    await world.time.advance(5_000);
  });
  expect(page.now.data?.map(({ name }) => name)).toEqual(['a']);
});
