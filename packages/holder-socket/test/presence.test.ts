import type { Mesh } from '@mnemesh/core';
import { expect, test } from 'vitest';
import { openAt, temporaryPlace } from './shared-place.js';

async function seenBy(mesh: Mesh): Promise<readonly string[]> {
  return (await mesh.presence.list()).map(({ name, status }) => `${name}: ${status ?? ''}`);
}

test('each process is there as a session of its own, as long as it lives', async () => {
  const data = await temporaryPlace();
  const holder = await openAt(data, 'holder');
  const [ann, bob] = [await openAt(data, 'ann'), await openAt(data, 'bob')];
  await ann.presence.set({ status: 'reads' });
  expect(await seenBy(bob)).toEqual(['ann: reads', 'bob: ', 'holder: ']);
  expect((await ann.presence.list()).map(({ session }) => session)).toContain(ann.session);
  await ann.close();
  await expect.poll(() => seenBy(bob)).toEqual(['bob: ', 'holder: ']);
  await expect(bob.presence.set({ status: '' })).rejects.toMatchObject({ code: 'bad_input' });
  expect(await seenBy(holder)).toEqual(['bob: ', 'holder: ']);
});

test('what a session said is told to the next holder, too', async () => {
  const data = await temporaryPlace();
  const holder = await openAt(data, 'holder');
  const [ann, bob] = [await openAt(data, 'ann'), await openAt(data, 'bob')];
  await ann.presence.set({ status: 'reads', persona: 'reviewer' });
  await ann.presence.set({ status: 'writes' });
  await bob.presence.leave();
  const { session } = ann;
  await holder.close();
  await expect.poll(() => seenBy(bob)).toEqual(['ann: writes']);
  expect(await bob.presence.list()).toMatchObject([{ session, persona: 'reviewer' }]);
});

test('the persona that a session has taken on outlives its holder, and its one record', async () => {
  const data = await temporaryPlace();
  const holder = await openAt(data, 'holder');
  const [ann, bob] = [await openAt(data, 'ann'), await openAt(data, 'bob')];
  await ann.personas.create({ name: 'reviewer', instructions: 'Look twice.' });
  await ann.sessions.begin({ persona: 'reviewer' });
  await holder.close();
  const persona = async () =>
    (await bob.presence.list()).find(({ session }) => session === ann.session)?.persona;
  await expect.poll(persona).toBe('reviewer');
  await ann.sessions.begin({ persona: 'reviewer', title: 'Again' });
  expect(await bob.sessions.list()).toMatchObject([{ session: ann.session, title: 'Again' }]);
});

test('a watcher is told of who comes and goes', async () => {
  const data = await temporaryPlace();
  await openAt(data, 'holder');
  const ann = await openAt(data, 'ann');
  let seen: readonly string[] = [];
  ann.presence.watch((sessions) => {
    seen = sessions.map(({ name }) => name);
  });
  await ann.presence.list();
  const bob = await openAt(data, 'bob');
  await expect.poll(() => seen).toEqual(['ann', 'bob', 'holder']);
  await bob.close();
  await expect.poll(() => seen).toEqual(['ann', 'holder']);
});
