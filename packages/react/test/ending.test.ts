// @vitest-environment happy-dom
import { createElement, type ReactNode } from 'react';
import { expect, test } from 'vitest';
import { MeshProvider, useMemory, useStatus } from '../src/index.js';
import { observe } from './observed-mesh.js';
import { during, open, show } from './page.js';
import { World } from './world.js';

function Contents(): ReactNode {
  return useMemory().data?.map(({ content }) => content);
}

test('in StrictMode, which starts every effect twice, a list is watched and asked once, until it is unmounted', async () => {
  const world = new World();
  const a = await world.open('a');
  const observed = observe(a);
  const page = await show(observed.mesh, () => [useMemory(), useStatus()] as const, undefined);
  expect([observed.asked, observed.watching]).toEqual([1, 2]);

  await page.unmount();
  expect(observed.watching).toBe(0);
  const rendered = page.renders.length;
  await during(world.time, () => a.memory.create({ content: 'Nobody looks.' }));
  expect(observed.asked).toBe(1);
  expect(page.renders).toHaveLength(rendered);
});

test('an answer that comes after unmounting is dropped, and does not make it be asked again', async () => {
  const world = new World();
  const a = await world.open('a');
  const observed = observe(a);
  const release = observed.hold();
  const page = await show(observed.mesh, useMemory, {});
  await during(world.time, () => a.memory.create({ content: 'A change.' }));
  const rendered = page.renders.length;
  await page.unmount();
  await during(world.time, async () => release());
  expect(page.renders).toHaveLength(rendered);
  expect([observed.asked, observed.watching]).toEqual([1, 0]);
});

test('when the mesh closes, what is shown stays as it is', async () => {
  const world = new World();
  const a = await world.open('a');
  await a.memory.create({ content: 'Still here.' });
  const page = await show(a, () => [useMemory(), useStatus()] as const, undefined);
  const { now } = page;
  expect(now[0].data).toHaveLength(1);
  await during(world.time, () =>
    world.time.complete(Promise.all([a.memory.create({ content: 'The last.' }), a.close()])),
  );
  const rendered = page.renders.length;
  expect(page.now[0].error).toBeUndefined();
  expect(page.now[0].data?.at(-1)?.content).toBe('Still here.');
  await during(world.time, () => world.time.advance(60_000));
  expect(page.renders).toHaveLength(rendered);
});

test('a mesh that is closed already answers with that error', async () => {
  const world = new World();
  const a = await world.open('a');
  await a.close();
  const page = await show(a, useMemory, {});
  expect(page.now).toMatchObject({ data: undefined, error: { code: 'closed' } });
});

test('a hook outside of a provider says what is missing', async () => {
  const page = await open();
  await expect(page.render(createElement(Contents))).rejects.toThrow(
    'Put <MeshProvider mesh={…}> around this component.',
  );
});

test('the status is the same object until something of it changes, and follows what is written', async () => {
  const world = new World();
  const a = await world.open('a');
  const page = await show(a, () => useStatus(), undefined);
  const first = page.now;
  await page.render(undefined);
  expect(page.now).toBe(first);
  await during(world.time, async () => {
    await a.memory.create({ content: 'One.' });
    await world.time.advance(10);
  });
  expect(page.now).toEqual(a.status);
  expect(page.now.unacked).toBeGreaterThan(first.unacked);
  await during(world.time, async () => {
    a.setOffline(true);
    await world.time.advance(10);
  });
  expect(page.now.offline).toBe(true);
});

test('two providers with two meshes do not mix', async () => {
  const world = new World();
  const [a, b] = [await world.open('a'), await world.open('b')];
  await a.memory.create({ content: 'A' });
  await b.memory.create({ content: 'B' });
  const page = await open();
  await page.render(
    createElement(
      'div',
      null,
      createElement(MeshProvider, { mesh: a }, createElement(Contents)),
      createElement(MeshProvider, { mesh: b }, createElement(Contents)),
    ),
  );
  expect(page.container.textContent).toBe('AB');
});
