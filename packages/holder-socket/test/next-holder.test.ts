import type { CollectionChange, MemoryItem, Mesh } from '@mnemesh/core';
import { describe, expect, test } from 'vitest';
import { openAt, temporaryPlace } from './shared-place.js';

/** A replica held by one session and used by two others, which are left alone when the first closes. */
async function three() {
  const data = await temporaryPlace();
  const holder = await openAt(data, 'holder');
  const [ann, bob] = [await openAt(data, 'ann'), await openAt(data, 'bob')];
  return { data, holder, ann: ann as Mesh, bob: bob as Mesh };
}

describe('when the holder leaves', () => {
  test('those who are left go on at one replica, as the agents they are', async () => {
    const { holder, ann, bob } = await three();
    const item = await ann.memory.create({ content: 'Before' });
    await holder.close();
    const later = await bob.memory.create({ content: 'After' });
    expect(await ann.memory.get(later.id)).toEqual(later);
    expect(await bob.memory.get(item.id)).toEqual(item);
    expect([item.createdBy, later.createdBy]).toEqual([ann.agent.id, bob.agent.id]);
    await ann.close();
    expect(await bob.memory.count()).toBe(2);
  });

  test('a session still replaces what it wrote and what it read before, and nothing else [CF]', async () => {
    const { holder, ann, bob } = await three();
    const { id } = await ann.tasks.create({ title: 'Ship' });
    await ann.tasks.update(id, { notes: 'by ann' });
    await bob.tasks.get(id);
    await bob.tasks.update(id, { notes: 'by bob, who read it', assignee: 'bob' });
    await holder.close();
    // Ann has not seen what Bob wrote.
    await ann.tasks.update(id, { assignee: 'ann' });
    await bob.tasks.update(id, { notes: 'by bob again' });
    const task = await ann.tasks.get(id);
    expect(task?.notes).toBe('by bob again');
    expect(task?.conflicts.map(({ field }) => field)).toEqual(['assignee']);
  });

  test('a session is told what others did to the tasks that it had taken up before', async () => {
    const { holder, ann, bob } = await three();
    const told: unknown[] = [];
    ann.tasks.notices((notices) => told.push(...notices));
    const [one, other] = [
      await ann.tasks.create({ title: 'Ship' }),
      await ann.tasks.create({ title: 'Rest' }),
    ];
    await ann.tasks.claim(one.id);
    await ann.tasks.claim(other.id);
    await holder.close();
    await bob.tasks.get(one.id);
    await bob.tasks.update(one.id, { status: 'canceled' });
    await expect.poll(() => told).toMatchObject([{ type: 'task_ended', task: one.id }]);
  });

  test('writes that are under way are saved once [ND] [ID]', async () => {
    const { holder, ann, bob } = await three();
    const { id } = await bob.tasks.create({ title: 'Ship' });
    const creates = Array.from({ length: 200 }, (_, n) => ann.memory.create({ content: `${n}` }));
    const updates = Array.from({ length: 20 }, (_, n) => bob.tasks.update(id, { notes: `${n}` }));
    await creates[20];
    await holder.close();
    await Promise.all([...creates, ...updates]);
    expect(await bob.memory.count()).toBe(200);
    const contents = (await bob.memory.list({ limit: 1_000 })).map(({ content }) => content);
    expect(new Set(contents).size).toBe(200);
    expect(await ann.tasks.get(id)).toMatchObject({ notes: '19', conflicts: [] });
  });

  test('editors of a prose document go on, and replacements under way are made once [ND] [ID]', async () => {
    const { holder, ann, bob } = await three();
    const { id } = await ann.prose.create({ title: 'Notes', text: '·' });
    const [left, right] = [await ann.prose.open(id), await bob.prose.open(id)];
    left.content.insert(0, 'before ');
    await left.saved;
    for (const sign of 'amid ') left.content.insert(left.text().indexOf('·'), sign);
    const appended = Array.from({ length: 10 }, (_, n) => bob.prose.append(id, `${n} `));
    await appended[2];
    await holder.close();
    right.content.insert(right.text().indexOf('·') + 1, ' after ');
    await Promise.all([...appended, left.saved, right.saved]);
    const whole = async (): Promise<string | undefined> => (await bob.prose.get(id))?.text;
    const text = await whole();
    expect(text).toMatch(/^before amid · after /);
    const numbers = text?.match(/\d/g)?.sort();
    expect(numbers).toEqual([...'0123456789']);
    await expect.poll(() => [left.text(), right.text()]).toEqual([text, text]);
  });

  test('watchers are told on, and what is awaited stays awaited', async () => {
    const { holder, ann, bob } = await three();
    const seen: CollectionChange<MemoryItem>[] = [];
    ann.memory.watch((changes) => seen.push(...changes));
    const write = bob.memory.create({ content: 'One' });
    const { id } = await write;
    const acked = write.acked.catch((error: { readonly code: string }) => error.code);
    await expect.poll(() => seen.map((change) => change.id)).toContain(id);
    await holder.close();
    const two = await bob.memory.create({ content: 'Two' });
    await expect.poll(() => seen.map((change) => change.id)).toContain(two.id);
    await bob.close();
    expect(await acked).toBe('closed');
  });

  test('a replica that was taken off the network by one of them stays so', async () => {
    const { holder, ann } = await three();
    ann.setOffline(true);
    await holder.close();
    await ann.memory.count();
    await expect.poll(() => ann.status.offline).toBe(true);
  });
});

test('two sessions of one process share a replica too, and the second outlives the first', async () => {
  const data = await temporaryPlace();
  const [first, second] = await Promise.all([openAt(data, 'ann'), openAt(data, 'bob')]);
  const item = await first.memory.create({ content: 'One' });
  await first.close();
  expect(await second.memory.get(item.id)).toEqual(item);
});
