import { describe, expect, test } from 'vitest';
import type { Conflict, MemoryItem, Mesh } from '../src/index.js';
import { type OpenReplica, World } from './world.js';

async function contents(mesh: Mesh): Promise<readonly string[]> {
  return (await mesh.memory.list({ superseded: false })).map(({ content }) => content).sort();
}

/** What is in conflict, by the contents. */
async function contradictions(mesh: Mesh): Promise<readonly (readonly string[])[]> {
  const conflicts = await mesh.conflicts.list({ kind: 'topic' });
  return conflicts.map(({ values }) => values.map(({ value }) => String(value)).sort());
}

async function onlyConflict(mesh: Mesh): Promise<Conflict> {
  const [conflict, ...others] = await mesh.conflicts.list();
  expect(others).toEqual([]);
  return conflict as Conflict;
}

/** Two sessions of one process. */
async function twoSessions(): Promise<{ world: World; a: OpenReplica; b: Mesh }> {
  const world = new World();
  const a = await world.open('a');
  return { world, a, b: await world.session(a, 'b') };
}

test('of many contested topics, those that were written on last are listed first, also after a forget', async () => {
  const { world, a, b } = await twoSessions();
  const c = await world.session(a, 'c');
  for (let n = 0; n < 6; n++) {
    await a.memory.create({ content: `It is ${n}.`, topic: `topic ${n}` });
    await world.time.advance(10);
    await b.memory.create({ content: `It is not ${n}.`, topic: `topic ${n}` });
    await world.time.advance(10);
  }
  const listed = async (limit: number) =>
    (await a.conflicts.list({ kind: 'topic', limit })).map(({ topic }) => topic);
  expect(await listed(2)).toEqual(['topic 5', 'topic 4']);
  const late = await c.memory.create({ content: 'It is neither.', topic: 'topic 1' });
  expect(await listed(2)).toEqual(['topic 1', 'topic 5']);
  await c.memory.forget(late.id);
  expect(await listed(1)).toEqual(['topic 5']);
  expect(await listed(3)).toEqual(['topic 5', 'topic 4', 'topic 3']);
  expect(await listed(50)).toHaveLength(6);
});

describe('two items on one topic', () => {
  test('written by two sessions of one process, unread of each other, are a conflict that shows both [CF]', async () => {
    const { world, a, b } = await twoSessions();
    const friday = await a.memory.create({ content: 'We ship on Friday.', topic: 'release' });
    await world.time.advance(10);
    const monday = await b.memory.create({ content: 'We ship on Monday.', topic: ' Release ' });
    expect(await contents(a)).toEqual(['We ship on Friday.', 'We ship on Monday.']);
    const conflict = await onlyConflict(a);
    expect(conflict).toMatchObject({
      kind: 'topic',
      topic: 'release',
      policy: 'merge',
      open: true,
      values: [
        { record: monday.id, value: monday.content, agent: b.agent.id, authorKind: 'agent' },
        { record: friday.id, value: friday.content, agent: a.agent.id },
      ],
    });
    const { hits } = await b.recall('ship');
    expect(hits.map(({ conflicted }) => conflicted)).toEqual([true, true]);
  });

  test.each([
    ['got', (mesh: Mesh, { id }: MemoryItem) => mesh.memory.get(id)],
    ['listed', (mesh: Mesh) => mesh.memory.list({ topic: 'release' })],
    ['recalled', (mesh: Mesh) => mesh.recall('friday')],
    ['shown as context', (mesh: Mesh) => mesh.context()],
  ])('are none when the second session was %s the first item', async (_, read) => {
    const { a, b } = await twoSessions();
    const first = await a.memory.create({
      content: 'We ship on Friday.',
      topic: 'release',
      kind: 'decision',
    });
    await read(b, first);
    await b.memory.create({ content: 'The notes go to the wiki.', topic: 'release' });
    expect(await a.conflicts.list()).toEqual([]);
  });

  test('are none when the second session watched the first come', async () => {
    const { a, b } = await twoSessions();
    b.memory.watch(() => undefined);
    await a.memory.create({ content: 'We ship on Friday.', topic: 'release' });
    await b.memory.create({ content: 'The notes go to the wiki.', topic: 'release' });
    expect(await a.conflicts.list()).toEqual([]);
  });

  test('of one session are none, in one commit or in many', async () => {
    const { a } = await twoSessions();
    await Promise.all(
      ['one', 'two', 'three'].map((content) => a.memory.create({ content, topic: 'numbers' })),
    );
    await a.memory.create({ content: 'four', topic: 'numbers' });
    expect(await a.conflicts.list()).toEqual([]);
  });

  test('that say the same are none', async () => {
    const { a, b } = await twoSessions();
    await a.memory.create({ content: 'We ship on Friday.', topic: 'release' });
    await b.memory.create({ content: 'we ship  on Friday', topic: 'release' });
    expect(await a.conflicts.list()).toEqual([]);
  });

  test('are told apart by what was shown, never by clocks: an hour between them changes nothing [CF]', async () => {
    const { world, a, b } = await twoSessions();
    await a.memory.create({ content: 'We ship on Friday.', topic: 'release' });
    await world.time.advance(3_600_000);
    await b.memory.create({ content: 'We ship on Monday.', topic: 'release' });
    expect(await contradictions(a)).toEqual([['We ship on Friday.', 'We ship on Monday.']]);
  });

  test('are none across topics, namespaces, and where one is archived', async () => {
    const { a, b } = await twoSessions();
    await a.memory.create({ content: 'Friday.', topic: 'release' });
    await b.memory.create({ content: 'Blue.', topic: 'colour' });
    await b.memory.in('team/notes').create({ content: 'Monday.', topic: 'release' });
    expect(await a.conflicts.list()).toEqual([]);
    const other = await b.memory.create({ content: 'Monday.', topic: 'release' });
    expect(await contradictions(a)).toHaveLength(1);
    await b.memory.archive(other.id);
    expect(await contradictions(a)).toEqual([]);
    await b.memory.archive(other.id, false);
    expect(await contradictions(a)).toHaveLength(1);
  });
});

test('a listing keeps up with what came and went since the last one [CF]', async () => {
  const { a, b } = await twoSessions();
  const expected: string[][] = [];
  expect(await contradictions(a)).toEqual([]);
  for (let n = 0; n < 6; n++) {
    const topic = `topic ${n}`;
    const first = await a.memory.create({ content: `one ${n}`, topic });
    await b.memory.create({ content: `two ${n}`, topic });
    if (n % 3 === 0) await a.memory.forget(first.id);
    else if (n % 3 === 1) expected.push([`one ${n}`, `two ${n}`]);
    else await a.memory.archive(first.id);
    const found = (await contradictions(b)).map((values) => values.join()).sort();
    expect(found).toEqual(expected.map((values) => values.join()).sort());
  }
});

describe('an edit', () => {
  test('is a new item in its predecessor’s topic, which it takes the place of', async () => {
    const { a, b } = await twoSessions();
    const first = await a.memory.create({ content: 'We ship on Friday.', topic: 'release' });
    await b.memory.get(first.id);
    const second = await b.memory.create({
      content: 'We ship on Monday.',
      supersedes: [first.id],
    });
    expect(second.topic).toBe('release');
    expect(await contents(a)).toEqual(['We ship on Monday.']);
    expect(await a.memory.count({ superseded: true })).toBe(1);
    expect(await a.memory.lineage(second.id)).toMatchObject({
      supersedes: [{ id: first.id }],
      supersededBy: [],
    });
    expect(await a.memory.lineage(first.id)).toMatchObject({ supersededBy: [{ id: second.id }] });
    await expect(a.memory.update(first.id, { content: 'No.' } as never)).rejects.toMatchObject({
      code: 'write_once',
    });
  });

  test.each([['release'], [undefined]])(
    'made twice apart, of an item with topic %s, leaves both in conflict [CF]',
    async (topic) => {
      const { a, b } = await twoSessions();
      const input = { content: 'We ship on Friday.', ...(topic === undefined ? {} : { topic }) };
      const { id } = await a.memory.create(input);
      await b.memory.get(id);
      await a.memory.create({ content: 'Monday', supersedes: [id] });
      await b.memory.create({ content: 'Tuesday', supersedes: [id] });
      expect(await contradictions(a)).toEqual([['Monday', 'Tuesday']]);
    },
  );

  test('of an edit meets an edit of the first version, without a topic too [CF]', async () => {
    const { a, b } = await twoSessions();
    const { id } = await a.memory.create({ content: 'One' });
    await b.memory.get(id);
    const second = await a.memory.create({ content: 'Two', supersedes: [id] });
    await a.memory.create({ content: 'Three', supersedes: [second.id] });
    await b.memory.create({ content: 'Other', supersedes: [id] });
    expect(await contradictions(a)).toEqual([['Other', 'Three']]);
  });
});

describe('reconciling', () => {
  test('is an item that takes the place of all, and is seen as the end of it everywhere', async () => {
    const { a, b } = await twoSessions();
    const friday = await a.memory.create({ content: 'Friday', topic: 'release' });
    const monday = await b.memory.create({ content: 'Monday', topic: 'release' });
    const item = await a.memory.reconcile([friday.id, monday.id], { content: 'Friday it is' });
    expect(item).toMatchObject({ topic: 'release', supersedes: [friday.id, monday.id] });
    expect(await a.conflicts.list()).toEqual([]);
    expect(await contents(b)).toEqual(['Friday it is']);
    const missing = '1.01JD6Q0S5XN4M8RZ3V7K2T9YWB' as never;
    await expect(a.memory.reconcile([missing], { content: 'x' })).rejects.toMatchObject({
      code: 'not_found',
    });
    await expect(a.memory.reconcile([], { content: 'x' })).rejects.toMatchObject({
      code: 'bad_input',
    });
  });

  test('done twice apart is a conflict of the two decisions, which one more settles [CF]', async () => {
    const { world, a, b } = await twoSessions();
    const ids = [
      (await a.memory.create({ content: 'Friday', topic: 'release' })).id,
      (await b.memory.create({ content: 'Monday', topic: 'release' })).id,
    ];
    await a.memory.reconcile(ids, { content: 'Friday it is' });
    await b.memory.reconcile(ids, { content: 'Monday it is' });
    expect(await contradictions(a)).toEqual([['Friday it is', 'Monday it is']]);
    const conflict = await onlyConflict(b);
    await world.time.advance(10);
    await b.conflicts.resolve(conflict, { item: { content: 'Wednesday' } }, { reason: 'Quorum' });
    expect(await b.conflicts.list()).toEqual([]);
    expect(await contents(a)).toEqual(['Wednesday']);
    const audit = await a.audit.list();
    expect(audit.map(({ values, decisions }) => [values.length, decisions.length])).toEqual([
      [2, 1],
      [2, 2],
    ]);
  });
});

describe('forgetting', () => {
  test('the middle of a chain makes no false conflict, and brings nothing back [DL] [CF]', async () => {
    const { world, a, b } = await twoSessions();
    const first = await a.memory.create({ content: 'One', topic: 'count' });
    await b.memory.get(first.id);
    const second = await b.memory.create({ content: 'Two', supersedes: [first.id] });
    await a.memory.get(second.id);
    await a.memory.create({ content: 'Three', supersedes: [second.id] });
    await a.memory.forget(second.id);
    expect(await a.conflicts.list()).toEqual([]);
    expect(await contents(a)).toEqual(['Three']);
    await a.close();
    const again = await world.open('a');
    expect(await again.conflicts.list()).toEqual([]);
    expect(await contents(again)).toEqual(['Three']);
    expect(await again.memory.lineage(first.id)).toMatchObject({ forgotten: [second.id] });
  });

  test('an item offers those that name it as a source or replaced it', async () => {
    const { a } = await twoSessions();
    const fact = await a.memory.create({ content: 'The key is under the mat.' });
    const summary = await a.memory.summarize([fact.id], { content: 'Where things are.' });
    const edit = await a.memory.create({ content: 'It moved.', supersedes: [fact.id] });
    await a.memory.create({ content: 'Unrelated.' });
    await a.memory.forget(fact.id);
    const dependents = await a.memory.dependents(fact.id);
    expect(dependents.map(({ id }) => id).sort()).toEqual([summary.id, edit.id].sort());
  });

  test('leaves no content: of the topic a hash remains [DL]', async () => {
    const world = new World();
    const a = await world.open('a');
    const item = await a.memory.create({ content: 'The secret word', topic: 'hidden matter' });
    await a.memory.forget(item.id);
    expect(await a.memory.list({ archived: 'any' })).toEqual([]);
    const envelopes = await a.inner.store.envelopes(item.namespace, [item.id]);
    const text = Buffer.concat(envelopes.map(({ envelope }) => envelope)).toString('latin1');
    expect(text).toContain('"topics":["');
    expect(text).not.toContain('secret');
    expect(text).not.toContain('hidden');
  });
});

test('contradicting writes are never lost: whoever writes what, unread, it is there and shown [CF] [ND]', async () => {
  const world = new World();
  const a = await world.open('a');
  const sessions = [a, ...(await Promise.all(['b', 'c', 'd'].map((n) => world.session(a, n))))];
  const written = sessions.flatMap((mesh, s) =>
    Array.from({ length: 5 }, (_, n) =>
      mesh.memory.create({ content: `claim ${s}.${n}`, topic: 'truth' }),
    ),
  );
  const items = await Promise.all(written);
  const all = items.map(({ content }) => content).sort();
  expect(await contents(a)).toEqual(all);
  expect(await contradictions(a)).toEqual([all]);
  await a.close();
  const again = await world.open('a');
  expect(await contents(again)).toEqual(all);
  expect(await contradictions(again)).toEqual([all]);
});
