import { expectedChange, type Mesh, type RecordView } from '@mnemesh/core';
import type { AgentId, RecordId } from '@mnemesh/protocol';
import { expect, test } from 'vitest';
import { SharedReplica } from './guests-of-one-program.js';

interface Changed {
  create(input: object): Promise<RecordView>;
  update(id: RecordId, patch: object): Promise<RecordView>;
  archive(id: RecordId, archived?: boolean): Promise<RecordView>;
}

const changes = [
  {
    part: 'memory',
    input: { content: 'The ferry leaves at noon.', tags: ['boats', 'times'], importance: 0.5 },
    patch: { importance: 0.9, pinned: true, tags: { add: ['ferry'], remove: ['times'] } },
  },
  {
    part: 'tasks',
    input: { title: 'Paint it', priority: 2, notes: 'Red.', tags: ['boats'] },
    patch: { title: 'Paint it twice', notes: null, tags: { add: ['boats', 'paint'] } },
  },
  { part: 'tools', input: { tool: 'radar', state: { on: true } }, patch: { state: [1, null] } },
  {
    part: 'personas',
    input: { name: 'helmsman', description: 'Steers.', instructions: 'Steer.' },
    patch: { description: null, instructions: 'Steer on.' },
  },
] as const;

/** With its times left out. */
const timeless = (record: object) => ({ ...record, updatedAt: expect.stringMatching(/^\d{4}-/) });

async function begun(part: (typeof changes)[number]['part'], input: object) {
  const mesh: Mesh = await (await SharedReplica.open()).guest('planner');
  const collection = mesh[part] as unknown as Changed;
  const seen = await collection.create(input);
  const of = (name: string, ...args: readonly unknown[]) =>
    expectedChange({ part, name, args: [seen.id, ...args], seen, agent: mesh.agent.id, now: 0 });
  return { collection, seen, of };
}

test.each(changes)(
  'what is expected of a change of $part is what it gives, but for its time',
  async ({ part, input, patch }) => {
    const { collection, seen, of } = await begun(part, input);
    const expected = of('update', patch);
    expect(expected).toEqual(timeless(await collection.update(seen.id, patch)));
  },
);

test.each([true, false])(
  'what is expected of archiving is what it gives (%s)',
  async (archived) => {
    const { collection, seen, of } = await begun('tasks', { title: 'Paint it' });
    const expected = of('archive', archived);
    expect(expected).toEqual(timeless(await collection.archive(seen.id, archived)));
  },
);

test('a change of a field that two had written apart is expected to settle it, and nothing else', async () => {
  const { seen } = await begun('tasks', { title: 'Paint it' });
  const apart = (field: string) => ({ field }) as RecordView['conflicts'][number];
  const expected = expectedChange({
    part: 'tasks',
    name: 'update',
    args: [seen.id, { notes: 'Blue.' }],
    seen: { ...seen, conflicts: [apart('notes'), apart('title')] },
    agent: '0'.repeat(64) as AgentId,
    now: 0,
  });
  expect(expected?.conflicts).toEqual([apart('title')]);
});

test('a change that would be refused is refused', async () => {
  const { of } = await begun('memory', { content: 'x' });
  const refused = (code: string) => expect.objectContaining({ code });
  for (const patch of [{}, { importance: 7 }, { colour: 'red' }, null])
    expect(() => of('update', patch)).toThrow(refused('bad_input'));
  const turned = { validFrom: '2026-02-01', validTo: '2026-01-01' };
  expect(() => of('update', turned)).toThrow(refused('bad_input'));
  expect(() => of('update', { content: 'y' })).toThrow(refused('write_once'));
});

test('what only the replica can judge, or would be told twice, is not expected', async () => {
  const { of } = await begun('tasks', { title: 'Paint it' });
  expect(of('update', { status: 'working' })).toBeUndefined();
  expect(of('update', { result: null })).toBeUndefined();
  expect(of('update', { requires: { add: ['brush'] } })).toBeUndefined();
  expect(of('update', { notes: 'Blue.' }, 'it rains')).toBeUndefined();
  expect(of('update', { notes: 'x'.repeat(200_000) })).toBeUndefined();
  expect(of('comment', 'Which colour?')).toBeUndefined();
  expect(of('claim')).toBeUndefined();
});
