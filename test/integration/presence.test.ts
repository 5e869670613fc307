import type { Mesh } from '@mnemesh/core';
import { expect, test } from 'vitest';
import { startRelay, startReplica, temporaryDirectory } from './place.js';

function seenBy(mesh: Mesh) {
  return expect.poll(async () => (await mesh.presence.list()).map(({ name }) => name), {
    timeout: 20_000,
  });
}

test('agents at one relay see who is here, and what each says it does', async () => {
  const relay = await startRelay(await temporaryDirectory());
  const planner = await startReplica(await temporaryDirectory(), 'planner', relay.url);
  await planner.presence.set({ status: 'plans the release' });
  const reviewer = await startReplica(await temporaryDirectory(), 'reviewer', relay.url);
  await seenBy(reviewer).toEqual(['planner', 'reviewer']);
  await seenBy(planner).toEqual(['planner', 'reviewer']);
  expect(await reviewer.presence.list()).toMatchObject([{ status: 'plans the release' }, {}]);

  const task = await planner.tasks.create({ title: 'Ship it' });
  await planner.tasks.claim(task.id);
  await expect
    .poll(async () => (await reviewer.presence.list())[0]?.task?.id, { timeout: 20_000 })
    .toBe(task.id);
  await planner.close();
  await seenBy(reviewer).toEqual(['reviewer']);
});

test('who is here is told again by everybody after the relay comes back', async () => {
  const directory = await temporaryDirectory();
  const first = await startRelay(directory);
  const { port } = new URL(first.url);
  const a = await startReplica(await temporaryDirectory(), 'a', first.url);
  await seenBy(a).toEqual(['a']);
  await first.close();
  await startRelay(directory, Number(port));
  const b = await startReplica(await temporaryDirectory(), 'b', first.url);
  await seenBy(b).toEqual(['a', 'b']);
  await seenBy(a).toEqual(['a', 'b']);
});
