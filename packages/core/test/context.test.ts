import { expect, test } from 'vitest';
import { estimateTokens } from '../src/index.js';
import { World } from './world.js';

test('a session starts with conflicts, pinned items, open tasks and recent decisions, and who is online', async () => {
  const world = new World();
  const a = await world.open('a');
  const b = await world.session(a, 'b');
  await a.memory.create({ content: 'Always run the linter.', pinned: true, importance: 0.9 });
  const old = await a.memory.create({ content: 'We use npm.', kind: 'decision', topic: 'tool' });
  await a.memory.create({ content: 'We use pnpm.', kind: 'decision', supersedes: [old.id] });
  await a.memory.create({ content: 'Old rule.', kind: 'decision', validTo: '2000-01-01' });
  await a.memory.create({ content: 'Friday', topic: 'release' });
  await b.memory.create({ content: 'Monday', topic: 'release' });
  await a.tasks.create({ title: 'Write the notes', priority: 1 });
  await a.tasks.create({ title: 'Begun', status: 'working' });
  await a.tasks.create({ title: 'Done', status: 'completed' });
  const pack = await b.context({ online: [{ name: 'ann', doing: 'reviews' }] });
  const texts = Object.fromEntries(
    Object.entries(pack.sections).map(([name, entries]) => [name, entries.map(({ text }) => text)]),
  );
  expect(texts.conflicts).toHaveLength(1);
  expect(texts.conflicts?.[0]).toMatch(/topic release: .*≠/);
  expect(texts.pinned).toEqual([expect.stringContaining('Always run the linter.')]);
  expect(texts.tasks).toEqual([
    expect.stringContaining('Begun (working)'),
    expect.stringContaining('Write the notes (submitted, P1)'),
  ]);
  expect(texts.decisions).toEqual([expect.stringContaining('We use pnpm.')]);
  expect(texts.online).toEqual(['- ann: reviews']);
  expect(pack.omitted).toBe(0);
  expect(pack.tokens).toBe(estimateTokens(pack.text));
  for (const text of Object.values(texts).flat()) expect(pack.text).toContain(text);
});

test('it keeps within its budget, gives every part a share of it, and says how much it left out', async () => {
  const world = new World();
  const a = await world.open('a');
  for (let n = 0; n < 30; n++) {
    await a.memory.create({ content: `Pinned number ${n}, a rule to keep.`, pinned: true });
    await a.tasks.create({ title: `Task number ${n} of some length`, priority: n % 9 });
    await a.memory.create({ content: `Decision number ${n}, 決定した。`, kind: 'decision' });
  }
  for (const budgetTokens of [100, 300, 1_000, 4_000]) {
    const pack = await a.context({ budgetTokens });
    expect(pack.tokens).toBeLessThanOrEqual(budgetTokens);
    const counts = Object.values(pack.sections).map(({ length }) => length);
    expect(counts.reduce((sum, count) => sum + count, pack.omitted)).toBe(90);
    if (budgetTokens === 1_000)
      for (const name of ['pinned', 'tasks', 'decisions'] as const)
        expect(pack.sections[name].length).toBeGreaterThan(3);
    if (budgetTokens === 4_000) expect(pack.omitted).toBe(0);
  }
  for (const budgetTokens of [0, 99, 100_001, Number.NaN])
    await expect(a.context({ budgetTokens })).rejects.toMatchObject({ code: 'bad_input' });
});

test('equal records and moment give the same pack on every replica, to the letter [CV]', async () => {
  const world = new World();
  const a = await world.open('a', { answers: true });
  const b = await world.open('b', { dials: ['a'] });
  for (let n = 0; n < 12; n++) {
    await a.memory.create({ content: `From a: ${n}`, kind: 'decision', topic: 'order' });
    await b.memory.create({ content: `From b: ${n}`, pinned: true, topic: 'order' });
    await b.tasks.create({ title: `Task ${n}` });
  }
  await world.inStep(a, b);
  const options = { now: world.time.now(), budgetTokens: 700, online: [] };
  expect(await a.context(options)).toEqual(await b.context(options));
});
