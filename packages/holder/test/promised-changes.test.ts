import { expectedChange } from '@mnemesh/core';
import type { AgentId } from '@mnemesh/protocol';
import { expect, test } from 'vitest';
import type { Intent, Intents, KeptIntent } from '../src/index.js';
import { Ear, SharedReplica } from './guests-of-one-program.js';

/** Intents of changes, kept as long as this process lives. */
class RememberedIntents implements Intents {
  readonly kept = new Set<Intent>();

  freshId(): undefined {
    return undefined;
  }

  learn(): void {}

  async expected(intent: Intent): Promise<unknown> {
    if (intent.kind === 'creates') return undefined;
    const agent = intent.seen.createdBy as AgentId;
    return expectedChange({ ...intent, agent, now: Date.now() });
  }

  async keep(intent: Intent): Promise<KeptIntent> {
    this.kept.add(intent);
    return { asked: async () => undefined, done: async () => void this.kept.delete(intent) };
  }
}

async function begun() {
  const shared = await SharedReplica.open();
  const intents = new RememberedIntents();
  const ear = new Ear();
  const [ann, ben] = [await shared.guest('ann', { intents, ear }), await shared.guest('ben')];
  const task = await ann.tasks.create({ title: 'Paint it' });
  await ben.tasks.get(task.id);
  /** Nothing that was promised is under way any more. */
  const over = () => expect.poll(() => intents.kept.size).toBe(0);
  return { ann, ben, task, intents, ear, over };
}

test('[ND] a change is saved though its holder is not heard, and is there once', async () => {
  const { ann, ben, task, intents, ear, over } = await begun();
  ear.close();
  const changed = await ann.tasks.update(task.id, { notes: 'Red.' });
  expect(changed).toMatchObject({ title: 'Paint it', notes: 'Red.' });
  expect(intents.kept.size).toBe(1);
  ear.open();
  await over();
  expect(await ben.tasks.get(task.id)).toMatchObject({ notes: 'Red.', conflicts: [] });
});

test('[CF] whoever was promised a change does not replace what they were not told with it', async () => {
  const { ann, ben, task, ear, over } = await begun();
  await ben.tasks.update(task.id, { title: 'Paint it green' });
  ear.close();
  expect(await ann.tasks.update(task.id, { notes: 'Red.' })).toMatchObject({ title: 'Paint it' });
  ear.open();
  await over();
  // Ann still has "Paint it" before her.
  await ann.tasks.update(task.id, { title: 'Paint it red' });
  const [conflict] = (await ben.tasks.get(task.id))?.conflicts ?? [];
  expect(conflict).toMatchObject({
    field: 'title',
    chosen: { value: 'Paint it red' },
    others: [{ value: 'Paint it green' }],
  });
});

test('[CF] whoever reads the record after a promised change replaces what they then see', async () => {
  const { ann, ben, task, ear, over } = await begun();
  await ben.tasks.update(task.id, { title: 'Paint it green' });
  ear.close();
  await ann.tasks.update(task.id, { notes: 'Red.' });
  ear.open();
  await over();
  expect(await ann.tasks.get(task.id)).toMatchObject({ title: 'Paint it green' });
  await ann.tasks.update(task.id, { title: 'Paint it red' });
  expect(await ben.tasks.get(task.id)).toMatchObject({ title: 'Paint it red', conflicts: [] });
});

test('what a caller changes in a patch after the call is not written', async () => {
  const { ann, ben, task, ear, over } = await begun();
  ear.close();
  const tags = { add: ['wet'] };
  const writes = [
    ann.tasks.update(task.id, { notes: 'Red.' }),
    ann.tasks.update(task.id, { tags }),
  ];
  tags.add.push('dry');
  await Promise.all(writes);
  ear.open();
  await over();
  expect(await ben.tasks.get(task.id)).toMatchObject({ notes: 'Red.', tags: ['wet'] });
});
