import { createAgent, type Mesh } from '@mnemesh/core';
import { describe, expect, test } from 'vitest';
import { runtime, signatures, startRelay, startReplica, temporaryDirectory } from './place.js';

/** Two replicas, linked by a relay until they are cut off. */
async function pair(): Promise<{ readonly a: Mesh; readonly b: Mesh; url: string }> {
  const { url } = await startRelay(await temporaryDirectory());
  const a = await startReplica(await temporaryDirectory(), 'a', url);
  const b = await startReplica(await temporaryDirectory(), 'b', url);
  return { a, b, url };
}

function cut(isCut: boolean, ...meshes: readonly Mesh[]): void {
  for (const mesh of meshes) mesh.setOffline(isCut);
}

/** Resolves when the records of every mesh are as they should be. */
async function until(
  meshes: readonly Mesh[],
  holds: (mesh: Mesh) => Promise<boolean>,
): Promise<void> {
  for (const mesh of meshes) {
    await new Promise<void>((resolve, reject) => {
      const look = (): void => {
        holds(mesh).then((held) => {
          if (held) {
            stop();
            resolve();
          }
        }, reject);
      };
      const stop = mesh.onStatus(look);
      look();
    });
  }
}

async function heads(mesh: Mesh): Promise<readonly string[]> {
  const items = await mesh.memory.list({ superseded: false, limit: 1_000 });
  return items.map(({ content }) => content).sort();
}

describe('two replicas that are cut off from each other', () => {
  test('and contradict each other lose nothing: all of it is on both, and shown as one conflict [CF] [CV] [ND]', async () => {
    const { a, b, url } = await pair();
    const first = await a.memory.create({ content: 'We ship on Thursday', topic: 'release' });
    await first;
    await until([b], async (mesh) => (await mesh.memory.count()) === 1);
    await b.memory.get(first.id);
    cut(true, a, b);
    await a.memory.create({ content: 'We ship on Friday', supersedes: [first.id] });
    await b.memory.create({ content: 'We ship on Monday', supersedes: [first.id] });
    await b.memory.create({ content: 'Notes go to the wiki', topic: 'notes' });
    cut(false, a, b);
    await until([a, b], async (mesh) => (await mesh.memory.count()) === 4);
    const fresh = await startReplica(await temporaryDirectory(), 'c', url);
    await until([fresh], async (mesh) => (await mesh.memory.count()) === 4);
    const listed = await Promise.all([a, b, fresh].map((mesh) => mesh.conflicts.list()));
    expect(listed[0]).toHaveLength(1);
    expect(listed[0]?.[0]?.values.map(({ value }) => value).sort()).toEqual([
      'We ship on Friday',
      'We ship on Monday',
    ]);
    expect(listed[1]).toEqual(listed[0]);
    expect(listed[2]).toEqual(listed[0]);
    expect(await heads(a)).toEqual([
      'Notes go to the wiki',
      'We ship on Friday',
      'We ship on Monday',
    ]);
  });

  test('and settle one conflict apart keep both decisions under one audit record [CF] [CV]', async () => {
    const { a, b } = await pair();
    const task = await a.tasks.create({ title: 'Decide' });
    await until([b], async (mesh) => (await mesh.tasks.count()) === 1);
    cut(true, a, b);
    await a.tasks.update(task.id, { priority: 1 });
    await b.tasks.update(task.id, { priority: 2 });
    await a.memory.create({ content: 'Friday', topic: 'release' });
    await b.memory.create({ content: 'Monday', topic: 'release' });
    cut(false, a, b);
    await until([a, b], async (mesh) => (await mesh.conflicts.list()).length === 2);
    const conflicts = await a.conflicts.list();
    expect(await b.conflicts.list()).toEqual(conflicts);

    cut(true, a, b);
    for (const [mesh, reason, value] of [
      [a, 'by a', 1],
      [b, 'by b', 2],
    ] as const) {
      for (const conflict of await mesh.conflicts.list()) {
        const choice =
          conflict.kind === 'field' ? { value } : { item: { content: `Settled ${reason}` } };
        await mesh.conflicts.resolve(conflict, choice, { reason });
      }
      expect(await mesh.conflicts.list()).toEqual([]);
    }
    cut(false, a, b);
    await until([a, b], async (mesh) => (await mesh.conflicts.list()).length === 2);
    const audits = await a.audit.list();
    expect(await b.audit.list()).toEqual(audits);
    expect(audits.map(({ id }) => id).sort()).toEqual(conflicts.map(({ id }) => id).sort());
    for (const { decisions } of audits)
      expect(decisions.map(({ reason }) => reason).sort()).toEqual(['by a', 'by b']);
    expect(await heads(b)).toEqual(['Settled by a', 'Settled by b']);
  });

  test('and forget the middle of a chain while it is continued elsewhere make no false conflict [DL] [CF]', async () => {
    const { a, b } = await pair();
    const one = await a.memory.create({ content: 'One', topic: 'count' });
    const two = await a.memory.create({ content: 'Two', supersedes: [one.id] });
    await until([b], async (mesh) => (await mesh.memory.count()) === 2);
    await b.memory.get(two.id);
    cut(true, a, b);
    await a.memory.forget(two.id);
    await b.memory.create({ content: 'Three', supersedes: [two.id] });
    cut(false, a, b);
    await until([a, b], async (mesh) => (await heads(mesh)).join() === 'Three');
    for (const mesh of [a, b]) {
      expect(await mesh.conflicts.list()).toEqual([]);
      expect(await mesh.memory.get(two.id)).toBeUndefined();
      expect((await mesh.memory.list()).map(({ content }) => content)).toEqual(['Three', 'One']);
    }
  });

  test('show what a person wrote, not what an agent wrote later, though the last writer is to win [CF] [CV]', async () => {
    const { a, url } = await pair();
    const ann = await startReplica(await temporaryDirectory(), 'ann', url, {
      agent: await createAgent(runtime, signatures, 'ann', 'human'),
    });
    await a.policies.set({ namespace: 'shared/tasks', policy: 'last-writer-wins' });
    const task = await a.tasks.create({ title: 'Decide' });
    await until([ann], async (mesh) => (await mesh.tasks.count()) === 1);
    await until([ann], async (mesh) => (await mesh.policies.list()).length === 1);
    cut(true, a, ann);
    await ann.tasks.update(task.id, { priority: 1 });
    await a.tasks.update(task.id, { priority: 2 });
    cut(false, a, ann);
    const fresh = await startReplica(await temporaryDirectory(), 'fresh', url);
    const all = [a, ann, fresh];
    // Of policies and people a replica may hear after it has what they are about.
    await until(all, async (mesh) => {
      const shown = await mesh.tasks.get(task.id);
      return shown?.priority === 1 && shown.conflicts.length === 1;
    });
    for (const mesh of all) {
      const values = [
        { value: 1, authorKind: 'human' },
        { value: 2, authorKind: 'agent' },
      ];
      expect(await mesh.conflicts.list()).toMatchObject([{ open: true, values }]);
      expect(await mesh.tasks.get(task.id)).toMatchObject({ priority: 1 });
    }
  });
});
