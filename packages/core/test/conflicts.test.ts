import { describe, expect, test } from 'vitest';
import type { ConflictChange, Mesh, Policy } from '../src/index.js';
import { type OpenReplica, World } from './world.js';

/** A task of which two sessions wrote the priority without having seen each other’s. */
async function conflicted(kinds: readonly ['human' | 'agent', 'human' | 'agent']) {
  const world = new World();
  const a = await world.open('a');
  const [one, two] = [
    await world.session(a, 'one', kinds[0]),
    await world.session(a, 'two', kinds[1]),
  ];
  const { id } = await a.tasks.create({ title: 'Decide' });
  await one.tasks.update(id, { priority: 1 });
  await world.time.advance(10);
  await two.tasks.update(id, { priority: 2 });
  return { world, a, one, two, id };
}

describe('a conflict in a field', () => {
  test('is listed with who wrote what, and settled by keeping one: an audit record stays [CF]', async () => {
    const { world, a, one, two, id } = await conflicted(['agent', 'agent']);
    const [conflict, ...others] = await a.conflicts.list();
    expect(others).toEqual([]);
    expect(conflict).toMatchObject({
      kind: 'field',
      collection: 'task',
      record: id,
      field: 'priority',
      open: true,
      values: [
        { value: 2, agent: two.agent.id, authorKind: 'agent' },
        { value: 1, agent: one.agent.id },
      ],
    });
    if (conflict === undefined) return;
    await world.time.advance(10);
    const keep = conflict.values[1]?.version as never;
    const task = await a.conflicts.resolve(conflict, { keep }, { reason: 'It is urgent.' });
    expect(task).toMatchObject({ id, priority: 1, conflicts: [] });
    expect(await a.conflicts.list({ open: 'any' })).toEqual([]);
    const [audit, ...more] = await a.audit.list();
    expect(more).toEqual([]);
    expect(audit).toMatchObject({
      id: conflict.id,
      kind: 'field',
      record: id,
      field: 'priority',
      decisions: [
        {
          why: 'agent',
          agent: a.agent.id,
          at: new Date(world.time.now()).toISOString(),
          chosen: 1,
          reason: 'It is urgent.',
        },
      ],
    });
    expect(audit?.values.map(({ value }) => value).sort()).toEqual([1, 2]);
    expect(await a.audit.list({ id: conflict.id })).toEqual([audit]);
    expect(await a.audit.list({ record: id })).toEqual([audit]);
    expect(await a.audit.list({ id: 'other' })).toEqual([]);
  });

  test('is audited with the whole of what was lost, so that it can be written again', async () => {
    const world = new World();
    const a = await world.open('a');
    const one = await world.session(a, 'one');
    const two = await world.session(a, 'two');
    const { id } = await a.tasks.create({ title: 'Ship' });
    for (const mesh of [one, two]) await mesh.tasks.get(id);
    const lost = 'What one found out. '.repeat(150);
    await one.tasks.update(id, { notes: lost });
    await two.tasks.update(id, { notes: 'Nothing found.' });
    await a.tasks.get(id);
    await a.tasks.update(id, { notes: 'Nothing found.' });
    const [audit] = await a.audit.list({ record: id });
    expect(audit?.values.map(({ value }) => value)).toContain(lost);
  });

  test('is settled as well by whoever read it and writes the field again', async () => {
    const { a, one, id } = await conflicted(['agent', 'agent']);
    const [conflict] = await a.conflicts.list();
    await one.tasks.get(id);
    await one.tasks.update(id, { priority: 5 });
    expect(await a.audit.list()).toMatchObject([
      { id: conflict?.id, decisions: [{ agent: one.agent.id, chosen: 5 }] },
    ]);
    const refused = a.conflicts.resolve(conflict as never, { value: 7 });
    await expect(refused).rejects.toMatchObject({ code: 'not_found' });
    expect((await a.tasks.get(id))?.priority).toBe(5);
  });

  test('takes no value that the field would not take, and no version that is none of it', async () => {
    const { a } = await conflicted(['agent', 'agent']);
    const [conflict] = await a.conflicts.list();
    if (conflict === undefined) throw new Error('no conflict');
    for (const choice of [{ value: 'high' }, { keep: 'ab'.repeat(32) }, { item: { content: 'x' } }])
      await expect(a.conflicts.resolve(conflict, choice as never)).rejects.toMatchObject({
        code: 'bad_input',
      });
    expect(await a.conflicts.list()).toEqual([conflict]);
  });

  test('settled twice, the second time unread, is a conflict of the two decisions [CF]', async () => {
    const { a, one, two, id } = await conflicted(['agent', 'agent']);
    const [seenByOne] = await one.conflicts.list();
    await two.conflicts.list();
    await one.conflicts.resolve(seenByOne as never, { value: 1 });
    await two.tasks.update(id, { priority: 2 });
    const audit = await a.audit.list({ id: seenByOne?.id as string });
    expect(audit).toHaveLength(1);
    expect(await a.conflicts.list()).toMatchObject([{ values: [{}, {}], open: true }]);
  });

  test('begins and ends before the eyes of who watches', async () => {
    const world = new World();
    const a = await world.open('a');
    const b = await world.session(a, 'b');
    const seen: ConflictChange[] = [];
    const stop = a.conflicts.watch((changes) => seen.push(...changes));
    const { id } = await a.tasks.create({ title: 'Decide' });
    await a.tasks.update(id, { priority: 1 });
    await b.tasks.update(id, { priority: 2 });
    const first = await a.memory.create({ content: 'Friday', topic: 'release' });
    await b.memory.create({ content: 'Monday', topic: 'release' });
    await world.eventually('both are told', () => seen.length === 2);
    expect(seen.map(({ conflict }) => conflict?.kind)).toEqual(['field', 'topic']);
    await a.policies.set({ namespace: 'shared/tasks', policy: 'last-writer-wins' });
    await world.eventually('the policy settled one', () => seen.length === 3);
    await a.policies.set({ namespace: 'shared/tasks', policy: 'merge' });
    await world.eventually('and opened it again', () => seen.length === 4);
    expect(seen.splice(2)).toEqual([{ id: seen[0]?.id, conflict: undefined }, seen[0]]);
    await a.memory.forget(first.id);
    await a.tasks.update(id, { priority: 3 });
    await world.eventually('both are over', () => seen.length === 4);
    expect(seen.slice(2)).toEqual([
      { id: seen[1]?.id, conflict: undefined },
      { id: seen[0]?.id, conflict: undefined },
    ]);
    stop();
    await b.memory.create({ content: 'Tuesday', topic: 'other' });
    await a.memory.create({ content: 'Sunday', topic: 'other' });
    await a.close();
    expect(seen).toHaveLength(4);
  });
});

describe('a policy', () => {
  const choose = (mesh: Mesh, policy: Policy, authority?: Mesh): Promise<void> =>
    mesh.policies.set({
      namespace: 'shared/tasks',
      policy,
      ...(authority === undefined ? {} : { authority: authority.agent.id }),
    });
  const state = async (mesh: Mesh) => {
    const [conflict] = await mesh.conflicts.list({ open: 'any' });
    return [conflict?.values[0].value, conflict?.open];
  };

  test('settles between agents what it says, and leaves an audit record that says so', async () => {
    const { a, one } = await conflicted(['agent', 'agent']);
    expect(await state(a)).toEqual([2, true]);
    await choose(a, 'manual');
    expect(await state(a)).toEqual([1, true]);
    await choose(a, 'last-writer-wins');
    expect(await state(a)).toEqual([2, false]);
    expect(await a.conflicts.list()).toEqual([]);
    expect(await a.audit.list()).toMatchObject([
      { decisions: [{ why: 'policy', policy: 'last-writer-wins', chosen: 2 }] },
    ]);
    await choose(a, 'authority-wins', one);
    expect(await state(a)).toEqual([1, false]);
    await choose(a, 'authority-wins', a);
    expect(await state(a)).toEqual([2, true]);
    expect(await a.policies.list()).toEqual([
      {
        namespace: 'shared/tasks',
        collection: '*',
        policy: 'authority-wins',
        authority: a.agent.id,
      },
    ]);
  });

  test('never lets an agent’s value take a human’s place unseen, whatever it says [CF]', async () => {
    const { a, two } = await conflicted(['human', 'agent']);
    expect(await state(a)).toEqual([1, true]);
    await choose(a, 'last-writer-wins');
    expect(await state(a)).toEqual([1, true]);
    await choose(a, 'authority-wins', two);
    expect(await state(a)).toEqual([2, true]);
    await a.conflicts.list();
    const human = (await a.agents()).find(({ kind }) => kind === 'human');
    expect(human?.name).toBe('one');
  });

  test('lets the later of two humans win, and a human over an agent', async () => {
    const humans = await conflicted(['human', 'human']);
    await choose(humans.a, 'last-writer-wins');
    expect(await state(humans.a)).toEqual([2, false]);
    const mixed = await conflicted(['agent', 'human']);
    await choose(mixed.a, 'last-writer-wins');
    expect(await state(mixed.a)).toEqual([2, false]);
  });

  test('is one for a collection and one for the rest of the namespace, and holds for topics', async () => {
    const world = new World();
    const a = await world.open('a');
    const b = await world.session(a, 'b');
    await a.policies.set({ namespace: 'shared/memory', policy: 'last-writer-wins' });
    await a.memory.create({ content: 'Friday', topic: 'release' });
    await world.time.advance(10);
    const monday = await b.memory.create({ content: 'Monday', topic: 'release' });
    expect(await a.conflicts.list()).toEqual([]);
    expect((await a.recall('friday')).hits[0]?.conflicted).toBe(false);
    expect(await a.audit.list()).toMatchObject([
      {
        topic: 'release',
        decisions: [{ why: 'policy', policy: 'last-writer-wins', record: monday.id }],
      },
    ]);
    const collection = { namespace: 'shared/memory', collection: 'memory' } as const;
    await a.policies.set({ ...collection, policy: 'manual' });
    expect(await a.conflicts.list()).toMatchObject([{ policy: 'manual', open: true }]);
  });

  test('needs an authority where one decides, and nowhere else', async () => {
    const a = await new World().open('a');
    for (const choice of [
      { policy: 'authority-wins' },
      { policy: 'authority-wins', authority: 'ann' },
      { policy: 'merge', authority: a.agent.id },
      { policy: 'random' },
    ])
      await expect(
        a.policies.set({ namespace: 'shared/tasks', ...choice } as never),
      ).rejects.toMatchObject({ code: 'bad_input' });
    expect(await a.policies.list()).toEqual([]);
  });

  test.each([
    ['a change of the policy', 'last-writer-wins'],
    ['nothing', 'merge'],
  ] as const)('takes effect after a crash that %s came before [CP] [CV]', async (_, policy) => {
    const { world, a } = await conflicted(['agent', 'agent']);
    const before = await state(a);
    if (policy !== 'merge') {
      // Stopped after the choice was saved, before any record was written anew.
      const chosen = a.policies.set({ namespace: 'shared/tasks', policy });
      await world.eventually('it is known', async () => a.inner.rules.chosen().length > 0);
      world.machine('a').crash('kill');
      chosen.catch(() => undefined);
    } else await a.close();
    const again: OpenReplica = await world.open('a');
    await world.complete(again.inner.rulesApplied());
    expect(await state(again)).toEqual(policy === 'merge' ? before : [2, false]);
  });
});
