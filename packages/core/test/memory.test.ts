import { describe, expect, test } from 'vitest';
import { World } from './world.js';

describe('validity', () => {
  test('is asked for at any moment; an edit holds from when it says', async () => {
    const a = await new World().open('a');
    const berlin = await a.memory.create({
      content: 'The office is in Berlin.',
      validFrom: '2020-01-01',
    });
    await a.memory.create({
      content: 'The office is in Paris.',
      validFrom: '2024-06-01T09:00:00+02:00',
      supersedes: [berlin.id],
    });
    await a.memory.create({ content: 'A tent.', validFrom: '2010-01-01', validTo: '2020-01-01' });
    const at = async (asOf: string): Promise<readonly string[]> => {
      const query = { asOf, superseded: false };
      const items = await a.memory.list(query);
      expect(await a.memory.count(query)).toBe(items.length);
      return items.map(({ content }) => content);
    };
    expect(await at('2009-12-31')).toEqual([]);
    expect(await at('2019-12-31T23:59:59.999Z')).toEqual(['A tent.']);
    expect(await at('2020-01-01')).toEqual(['The office is in Berlin.']);
    expect(await at('2024-06-01T06:59:59Z')).toEqual(['The office is in Berlin.']);
    expect(await at('2024-06-01T07:00:00Z')).toEqual(['The office is in Paris.']);
    expect(await a.memory.list({ asOf: '2025-01-01' })).toHaveLength(2);
    expect(await a.memory.list({ asOf: '2025-01-01', limit: 1 })).toHaveLength(1);
    expect(await a.memory.get(berlin.id, { asOf: '2019-01-01' })).toBeUndefined();
    expect(await a.memory.get(berlin.id, { asOf: '2021-01-01' })).toMatchObject({ id: berlin.id });
  });

  test.each(['2026-02-30', 'yesterday', '2026-11-21T10:00', '21.11.2026', '2026-13-01', ''])(
    'refuses "%s", says what is right, and writes nothing',
    async (moment) => {
      const a = await new World().open('a');
      const refused = { code: 'bad_input', message: expect.stringContaining('ISO 8601') };
      await expect(
        a.memory.create({ content: 'x', validFrom: moment }).saved,
      ).rejects.toMatchObject(refused);
      await expect(a.memory.list({ asOf: moment })).rejects.toMatchObject(refused);
      expect(await a.memory.count()).toBe(0);
    },
  );

  test('does not end before it begins', async () => {
    const a = await new World().open('a');
    const input = { validFrom: '2026-01-02', validTo: '2026-01-02' };
    await expect(a.memory.create({ content: 'x', ...input })).rejects.toThrow(/later than/);
    const { id } = await a.memory.create({ content: 'x' });
    await expect(a.memory.update(id, input)).rejects.toMatchObject({ code: 'bad_input' });
  });
});

describe('text that a session read and stores again', () => {
  test('becomes a confirmation of the item it came from, by whom and when, and no new item', async () => {
    const world = new World();
    const a = await world.open('a');
    const b = await world.session(a, 'b');
    const item = await a.memory.create({ content: 'Deploys need Node 20.', topic: 'deploy' });
    await b.recall('deploys');
    await world.time.advance(1_000);
    const write = b.memory.create({ content: '“deploys need  node 20”', tags: ['x'] });
    const confirmed = await write;
    expect(await write.confirmed).toBe(true);
    expect(confirmed).toMatchObject({ id: item.id, tags: ['x'] });
    expect(confirmed.confirmations).toEqual([
      { agent: b.agent.id, at: new Date(world.time.now()).toISOString() },
    ]);
    expect(await a.memory.count()).toBe(1);
    await b.memory.create({ content: 'Deploys need Node 20.' });
    expect((await a.memory.get(item.id))?.confirmations).toHaveLength(1);
    expect(await a.conflicts.list({ open: 'any' })).toEqual([]);
  });

  test('is an item of its own when it was not read, is about something else, or replaces something', async () => {
    const world = new World();
    const a = await world.open('a');
    const b = await world.session(a, 'b');
    const { id, content } = await a.memory.create({ content: 'Deploys need Node 20.' });
    expect(await b.memory.create({ content }).confirmed).toBe(false);
    expect(await a.memory.create({ content }).confirmed).toBe(false);
    await b.memory.get(id);
    expect(await b.memory.create({ content, topic: 'other' }).confirmed).toBe(false);
    expect(await b.memory.create({ content, supersedes: [id] }).confirmed).toBe(false);
    await a.memory.forget(id);
    expect(await b.memory.in('team/notes').create({ content }).confirmed).toBe(false);
    expect(await a.memory.count()).toBe(4);
  });

  test('is an item of its own when that which was read does not stand any more', async () => {
    const a = await new World().open('a');
    const friday = await a.memory.create({ content: 'Ship on Fridays.' });
    await a.memory.get(friday.id);
    await a.memory.create({ content: 'Ship on Mondays.', supersedes: [friday.id] });
    const again = a.memory.create({ content: 'Ship on Fridays.' });
    expect(await again.confirmed).toBe(false);
    await a.memory.archive((await again).id);
    await a.memory.get((await again).id);
    expect(await a.memory.create({ content: 'Ship on Fridays.' }).confirmed).toBe(false);
  });

  test.each([
    { kind: 'decision' },
    { pinned: true },
    { importance: 1 },
    { validFrom: '2026-01-01' },
    { validTo: '2030-01-01' },
    { sensitivity: 'private' },
    { sources: ['docs/release.md'] },
  ] as const)('is an item of its own when it says %j, too', async (more) => {
    const a = await new World().open('a');
    const { id, content } = await a.memory.create({ content: 'Ship on Fridays.' });
    await a.memory.get(id);
    const write = a.memory.create({ content, ...more });
    expect(await write.confirmed).toBe(false);
    expect(await write).toMatchObject(more);
    expect(await a.memory.create({ content, ...more }).confirmed).toBe(false);
    await a.memory.get((await write).id);
    expect(await a.memory.create({ content, ...more }).confirmed).toBe(true);
  });

  test('can be confirmed by an agent for itself alone', async () => {
    const a = await new World().open('a');
    const { id } = await a.memory.create({
      content: 'x',
      confirmations: [{ agent: 'ab'.repeat(32), at: 'now' }],
    } as never);
    const forged = { confirmations: { add: [{ agent: 'ab'.repeat(32) }] } };
    await expect(a.memory.update(id, forged as never)).rejects.toMatchObject({
      code: 'write_once',
    });
    expect((await a.memory.get(id))?.confirmations).toEqual([]);
  });
});

describe('nearly the same text', () => {
  test('is reported on the write and merged with nothing', async () => {
    const a = await new World().open('a');
    const first = await a.memory.create({
      content: 'The nightly build fails on Windows because of the path separator.',
    });
    await a.memory.create({ content: 'The office plants are watered on Mondays.' });
    const write = a.memory.create({
      content: 'The nightly build fails on Windows, because of path separators!',
    });
    const { id } = await write;
    const similar = await write.similar;
    expect(similar).toEqual([{ id: first.id, similarity: 9 / 11, content: first.content }]);
    expect(await a.memory.similar(id)).toEqual(similar);
    expect(await a.memory.similar({ content: first.content })).toHaveLength(2);
    expect(await a.memory.similar({ content: '…' })).toEqual([]);
    expect(await a.memory.count()).toBe(3);
  });
});

test('what is corrected by an item, or was corrected before, is not reported as nearly the same', async () => {
  const a = await new World().open('a');
  const first = await a.memory.create({ content: 'The gate code of the depot is 100.' });
  const write = a.memory.create({
    content: 'The gate code of the depot is 101.',
    supersedes: [first.id],
  });
  const second = await write;
  expect(await write.similar).toEqual([]);
  expect(await a.memory.similar({ content: first.content })).toMatchObject([{ id: second.id }]);
});

test('nearly the same text is reported in a script without spaces, too', async () => {
  const a = await new World().open('a');
  const first = await a.memory.create({ content: '夜间构建在视窗系统上失败因为路径分隔符' });
  await a.memory.create({ content: '办公室的植物每周一浇水' });
  const write = a.memory.create({ content: '夜间构建在视窗系统上失败，因为路径分隔符。' });
  await write;
  expect((await write.similar).map(({ id }) => id)).toEqual([first.id]);
});

test('a summary cites what it is of, replaces it only when asked to, and never what came meanwhile', async () => {
  const world = new World();
  const a = await world.open('a');
  const b = await world.session(a, 'b');
  const one = await a.memory.create({ content: 'One', topic: 'count' });
  const two = await a.memory.create({ content: 'Two', topic: 'count' });
  const ids = [one.id, two.id];
  const cited = await b.memory.summarize(ids, { content: 'Counting.', kind: 'reflection' });
  expect(cited).toMatchObject({ kind: 'reflection', sources: ids });
  expect(await a.memory.count({ superseded: true })).toBe(0);
  await a.memory.create({ content: 'Three', topic: 'count' });
  const replacing = await b.memory.summarize(ids, { content: 'Two.' }, { supersede: true });
  expect(replacing).toMatchObject({ kind: 'summary', sources: ids, supersedes: ids });
  const left = await a.memory.list({ superseded: false, topic: 'count' });
  expect(left.map(({ content }) => content).sort()).toEqual(['Three', 'Two.']);
  expect(await a.conflicts.list()).toHaveLength(1);
});

test('a pinned item, its importance and its sensitivity can be changed; unknown words are refused', async () => {
  const a = await new World().open('a');
  const { id } = await a.memory.create({ content: 'x', pinned: true, sensitivity: 'private' });
  expect(await a.memory.count({ pinned: true })).toBe(1);
  expect(await a.memory.update(id, { pinned: false, sensitivity: 'secret' })).toMatchObject({
    pinned: false,
    sensitivity: 'secret',
  });
  expect(await a.memory.count({ pinned: true })).toBe(0);
  await expect(a.memory.update(id, { sensitivity: 'dark' as never })).rejects.toMatchObject({
    code: 'bad_input',
  });
});

test('who is human is said where the key is made, and shown on what they write', async () => {
  const world = new World();
  const a = await world.open('a');
  const ann = await world.session(a, 'ann', 'human');
  const item = await ann.memory.create({ content: 'From me.' });
  expect(item.authorKind).toBe('human');
  expect((await a.memory.create({ content: 'From it.' })).authorKind).toBe('agent');
  expect(await a.agents()).toContainEqual({ ...ann.agent, kind: 'human' });
  await a.close();
  const again = await world.open('a');
  expect((await again.memory.get(item.id))?.authorKind).toBe('human');
});
