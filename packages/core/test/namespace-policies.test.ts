import { parseNamespace } from '@mnemesh/protocol';
import { expect, test } from 'vitest';
import { namespaceId } from '../src/documents/directory.js';
import { Author } from './author.js';
import { placeOf, ScriptedPeer } from './scripted-peer.js';
import { World } from './world.js';

const DIRECTORY = placeOf('directory', '0');
const TASKS = parseNamespace('shared/tasks');

/** A replica with a task of which two sessions wrote the priority without having seen each other’s. */
async function conflictedTask(world: World) {
  const a = await world.open('a', { answers: true });
  const b = await world.session(a, 'b');
  const { id } = await a.tasks.create({ title: 'Decide' });
  await a.tasks.update(id, { priority: 1 });
  await world.time.advance(10);
  await b.tasks.update(id, { priority: 2 });
  return { a, id };
}

test('a namespace whose directory entry says last-writer-wins settles what stood open, and still lists the other value [CF]', async () => {
  const world = new World();
  const { a, id } = await conflictedTask(world);
  expect((await a.tasks.get(id))?.conflicts).toMatchObject([{ field: 'priority', open: true }]);
  expect(await a.tasks.count({ conflicted: true })).toBe(1);

  const operator = new Author(await world.agent('operator'), DIRECTORY);
  const stranger = await ScriptedPeer.dial(world, 'a');
  stranger.ask(DIRECTORY);
  await world.eventually('it has the directory', () => stranger.of('held').length > 0);
  const field = { id: namespaceId(TASKS), field: 'policy', data: 'last-writer-wins' };
  stranger.append(DIRECTORY, await operator.write(world.time.now() * 2048, field));
  await world.eventually(
    'it is settled',
    async () => (await a.tasks.count({ conflicted: true })) === 0,
  );
  const task = await a.tasks.get(id);
  expect(task).toMatchObject({ priority: 2, conflicts: [{ open: false, others: [{ value: 1 }] }] });

  await a.close();
  const again = await world.open('a');
  expect(await again.tasks.get(id)).toEqual(task);
  const b = await world.session(again, 'c');
  const blind = await b.tasks.update(id, { priority: 3 });
  expect(blind).toMatchObject({ priority: 3, conflicts: [{ field: 'priority', open: false }] });
});
