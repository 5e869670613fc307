import { expectedRecord, type Mesh } from '@mnemesh/core';
import type { AgentId, Namespace, RecordId, SessionId } from '@mnemesh/protocol';
import { expect, test } from 'vitest';
import { SharedReplica } from './guests-of-one-program.js';

const created = {
  memory: {
    content: 'The ferry leaves at noon.',
    topic: 'ferry',
    tags: ['boats'],
    importance: 0.5,
  },
  tasks: {
    title: 'Paint it',
    priority: 2,
    tags: ['boats'],
    dependencies: [{ type: 'blocks', on: '1.01J00000000000000000000000' }],
  },
  tools: { tool: 'radar', state: { on: true } },
  personas: { name: 'helmsman', instructions: 'Steer.' },
} as const;

test.each(Object.keys(created) as (keyof typeof created)[])(
  'what is expected of a record in %s is what it is, but for its times',
  async (part) => {
    const mesh: Mesh = await (await SharedReplica.open()).guest('planner');
    const input = created[part];
    const collection = mesh[part] as unknown as {
      readonly namespace: Namespace;
      create(input: object): Promise<{ readonly id: RecordId }>;
    };
    const record = await collection.create(input);
    const expected = expectedRecord({
      part,
      namespace: collection.namespace,
      id: record.id,
      input,
      agent: { id: mesh.agent.id as AgentId, kind: 'agent' },
      session: mesh.session as SessionId,
      now: Date.now(),
    });
    const time = expect.stringMatching(/^\d{4}-/);
    expect(expected).toEqual({ ...record, createdAt: time, updatedAt: time });
  },
);

test('input that a creation refuses is refused, and what only the replica can judge is not expected', () => {
  const rest = {
    part: 'memory',
    namespace: 'shared/memory' as Namespace,
    id: '1.01J00000000000000000000000' as RecordId,
    agent: { id: '0'.repeat(64) as AgentId, kind: 'agent' },
    session: '0'.repeat(16) as SessionId,
    now: 0,
  } as const;
  const refused = expect.objectContaining({ code: 'bad_input' });
  for (const input of [{ content: '' }, { content: 'x', colour: 'red' }, null as never])
    expect(() => expectedRecord({ ...rest, input })).toThrow(refused);
  expect(expectedRecord({ ...rest, input: { content: 'x', supersedes: ['1.a'] } })).toBeUndefined();
  expect(expectedRecord({ ...rest, input: { content: 'x'.repeat(300_000) } })).toBeUndefined();
  expect(expectedRecord({ ...rest, part: 'conversations', input: {} })).toBeUndefined();
});
