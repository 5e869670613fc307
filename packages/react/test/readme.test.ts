// @vitest-environment happy-dom
import { readFile } from 'node:fs/promises';
import { createElement } from 'react';
import { expect, test } from 'vitest';
import { during, open } from './page.js';
import { App } from './readme-example.js';
import { World } from './world.js';

const textAt = (place: string) => readFile(`${import.meta.dirname}/${place}`, 'utf8');

test('the example of the README is the one that is compiled and shown here', async () => {
  const [, shown] = (await textAt('../../../README.md')).match(/^```tsx\n(.*?)^```$/ms) ?? [];
  const compiled = await textAt('readme-example.tsx');
  expect(shown).toBe(compiled.replace("'../src/index.js'", "'@mnemesh/react'"));
});

test('the example of the README shows open tasks until its button completes them', async () => {
  const world = new World();
  const mesh = await world.open('a');
  await mesh.tasks.create({ title: 'Feed the parrot' });
  const { container, render } = await open();
  await render(createElement(App, { mesh }));
  expect(container.textContent).toBe('Feed the parrot');
  await during(world.time, async () => container.querySelector('button')?.click());
  expect(container.textContent).toBe('');
});
