// @vitest-environment happy-dom
import { createElement, type ReactNode, Suspense, startTransition, useState } from 'react';
import { expect, test } from 'vitest';
import { MeshProvider, useMemory } from '../src/index.js';
import { observe } from './observed-mesh.js';
import { during, open } from './page.js';
import { World } from './world.js';

/** Something a page waits for before it shows a change. */
class Gate {
  isOpen = false;
  readonly opened: Promise<void>;
  open: () => void = () => undefined;

  constructor() {
    this.opened = new Promise((resolve) => {
      this.open = () => {
        this.isOpen = true;
        resolve();
      };
    });
  }
}

function Waiting({ gate }: { readonly gate: Gate | undefined }): ReactNode {
  if (gate?.isOpen === false) throw gate.opened;
  return null;
}

function Topics({ gate }: { readonly gate: Gate }): ReactNode {
  const [topic, setTopic] = useState('ferry');
  const { data } = useMemory({ topic });
  const turn = (): void => startTransition(() => setTopic('parrot'));
  const contents = data?.map(({ content }) => content).join();
  return [
    createElement('button', { key: 'turn', type: 'button', onClick: turn }, contents),
    createElement(
      Suspense,
      { key: 'rest', fallback: 'Waits.' },
      createElement(Waiting, { gate: topic === 'parrot' ? gate : undefined }),
    ),
  ];
}

test('while a transition prepares another question, the page shows the old answer, live, and nothing is asked', async () => {
  const world = new World();
  const a = await world.open('a');
  await a.memory.create({ content: 'Parrot.', topic: 'parrot' });
  const observed = observe(a);
  const gate = new Gate();
  const { container, render } = await open();
  await render(
    createElement(MeshProvider, { mesh: observed.mesh }, createElement(Topics, { gate })),
  );
  await during(world.time, async () => container.querySelector('button')?.click());
  await during(world.time, () => a.memory.create({ content: 'Ferry.', topic: 'ferry' }));
  expect(container.textContent).toBe('Ferry.');
  expect([observed.asked, observed.watching]).toEqual([2, 1]);

  await during(world.time, async () => gate.open());
  expect(container.textContent).toBe('Parrot.');
  expect([observed.asked, observed.watching]).toEqual([3, 1]);
});
