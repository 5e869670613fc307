import type { CollectionChange, MemoryItem, Mesh, MeshStatus, Task } from '@mnemesh/core';
import { importedRecordId, type RecordId } from '@mnemesh/protocol';
import { describe, expect, test } from 'vitest';

/** How the meshes under test are opened: the suite is the same for each way. */
export interface MeshBench {
  /** A session of a fresh replica, which has no path to anybody; closed with the test. */
  open(): Promise<Mesh>;
  /** A further session at the replica of this one, of another agent. */
  second(mesh: Mesh): Promise<Mesh>;
}

const NEVER = '1.01JD6Q0S5XN4M8RZ3V7K2T9YWB' as RecordId;

/** What whoever has a mesh may rely on, wherever its replica is open. */
export function describeMesh(name: string, makeBench: () => Promise<MeshBench>): void {
  describe(name, () => {
    test('gives what was created, with who made it and when', async () => {
      const mesh = await (await makeBench()).open();
      const input = { title: 'Read', priority: 1, tags: ['a', 'b'], notes: 'ä\u2028"\\' };
      const task = await mesh.tasks.create(input);
      expect(task).toMatchObject({ ...input, status: 'submitted', createdBy: mesh.agent.id });
      expect(await mesh.tasks.get(task.id)).toEqual(task);
      expect(await mesh.tasks.list()).toEqual([task]);
      expect(await mesh.tasks.count()).toBe(1);
      expect(await mesh.tasks.get(NEVER)).toBeUndefined();
    });

    test('changes, archives and forgets', async () => {
      const mesh = await (await makeBench()).open();
      const { id } = await mesh.tasks.create({ title: 'Write', tags: ['x'] });
      const changed = await mesh.tasks.update(id, { status: 'working', tags: { add: ['y'] } });
      expect(changed).toMatchObject({ status: 'working', tags: ['x', 'y'] });
      expect((await mesh.tasks.archive(id)).archived).toBe(true);
      expect(await mesh.tasks.list()).toEqual([]);
      expect((await mesh.tasks.archive(id, false)).archived).toBe(false);
      expect(await mesh.tasks.forget(id)).toBeUndefined();
      expect(await mesh.tasks.get(id)).toBeUndefined();
    });

    test('takes an id given beforehand once, however often the create is repeated [ID]', async () => {
      const mesh = await (await makeBench()).open();
      const id = await mesh.memory.newId();
      const item = await mesh.memory.create({ content: 'Once' }, { id });
      expect(item.id).toBe(id);
      expect(await mesh.memory.create({ content: 'Twice' }, { id })).toEqual(item);
      expect(await mesh.memory.count()).toBe(1);
      expect(await mesh.memory.newId()).not.toBe(id);
      await expect(
        mesh.memory.create({ content: 'x' }, { id: '777.01JD6Q0S5XN4M8RZ3V7K2T9YWB' as RecordId }),
      ).rejects.toMatchObject({ code: 'bad_input' });
    });

    test('imports under derived ids, and finds them by their name there', async () => {
      const mesh = await (await makeBench()).open();
      const id = importedRecordId('beads', 'bd', 'bd-1', '2026-01');
      const imported = { id, input: { title: 'From the tracker', ref: 'beads:bd-1' } };
      await mesh.tasks.import(imported);
      await mesh.tasks.import(imported);
      expect((await mesh.tasks.getByRef('beads:bd-1'))?.id).toBe(id);
      expect(await mesh.tasks.count()).toBe(1);
    });

    test('pages through a list, and keeps namespaces apart', async () => {
      const mesh = await (await makeBench()).open();
      const made: MemoryItem[] = [];
      for (let n = 0; n < 7; n++) made.unshift(await mesh.memory.create({ content: `No. ${n}` }));
      const own = mesh.memory.in('agents/a/memory');
      expect(own.namespace).toBe('agents/a/memory');
      await own.create({ content: 'My own' });
      const first = await mesh.memory.list({ limit: 4 });
      const before = first.at(-1) as MemoryItem;
      expect([...first, ...(await mesh.memory.list({ limit: 4, before }))]).toEqual(made);
      expect((await own.list()).map(({ content }) => content)).toEqual(['My own']);
      expect(() => mesh.memory.in('no namespace')).toThrow(/is no namespace/);
    });

    test('recalls by words, and tells who has written', async () => {
      const bench = await makeBench();
      const mesh = await bench.open();
      const other = await bench.second(mesh);
      await mesh.memory.create({ content: 'We ship on Fridays' });
      await other.memory.create({ content: 'The tide turns at noon' });
      const { hits } = await mesh.recall('tide', { limit: 1, collection: 'memory' });
      expect(hits[0]).toMatchObject({ text: 'The tide turns at noon', author: other.agent.id });
      const names = (await mesh.agents()).map(({ name }) => name).sort();
      expect(names).toEqual([mesh.agent.name, other.agent.name].sort());
    });

    test('tells watchers every saved change once, in order, until they end', async () => {
      const bench = await makeBench();
      const mesh = await bench.open();
      const other = await bench.second(mesh);
      const seen: CollectionChange<MemoryItem>[] = [];
      const stop = mesh.memory.watch((changes) => seen.push(...changes));
      const one = await mesh.memory.create({ content: 'One' });
      const two = await other.memory.create({ content: 'Two' });
      const marked = await mesh.memory.update(one.id, { importance: 1 });
      await other.memory.forget(two.id);
      await mesh.memory.count();
      expect(seen).toEqual([
        { id: one.id, record: one, origin: 'local' },
        { id: two.id, record: two, origin: 'local' },
        { id: one.id, record: marked, origin: 'local' },
        { id: two.id, origin: 'local' },
      ]);
      stop();
      await other.memory.create({ content: 'Unseen' });
      await mesh.memory.count();
      expect(seen).toHaveLength(4);
    });

    test('shows what two sessions wrote unread of each other, and lets one that read settle it [CF]', async () => {
      const bench = await makeBench();
      const mesh = await bench.open();
      const other = await bench.second(mesh);
      const { id } = await mesh.tasks.create({ title: 'Ship', assignee: 'nobody' });
      await other.tasks.get(id);
      await mesh.tasks.update(id, { assignee: 'ann' });
      await other.tasks.update(id, { assignee: 'bob' });
      const values = (task: Task | undefined) =>
        task?.conflicts
          .flatMap(({ chosen, others }) => [chosen, ...others])
          .map(({ value }) => value)
          .sort();
      expect(values(await mesh.tasks.get(id))).toEqual(['ann', 'bob']);
      expect(await mesh.tasks.count({ conflicted: true })).toBe(1);
      const settled = await mesh.tasks.update(id, { assignee: 'carl' });
      expect(settled).toMatchObject({ assignee: 'carl', conflicts: [] });
    });

    test('shows two items of one topic that were written unread of each other, until one takes their place [CF]', async () => {
      const bench = await makeBench();
      const mesh = await bench.open();
      const other = await bench.second(mesh);
      const topic = 'release';
      const one = await mesh.memory.create({ content: 'We ship on Fridays', topic });
      const two = await other.memory.create({ content: 'We never ship on Fridays', topic });
      const near = await other.memory.create({ content: 'We ship on Tuesdays' });
      const [conflict] = await mesh.conflicts.list();
      expect(conflict).toMatchObject({ kind: 'topic' });
      await mesh.memory.list();
      const settled = mesh.memory.reconcile([one.id, two.id], {
        content: 'We ship on Mondays',
        pinned: true,
        topic,
      });
      await settled;
      expect(await settled.confirmed).toBe(false);
      expect(await settled.similar).toMatchObject([{ id: near.id }]);
      expect(await mesh.conflicts.list()).toEqual([]);
      const lineage = await other.memory.lineage((await settled).id);
      expect(lineage?.supersedes.map(({ id }) => id).sort()).toEqual([one.id, two.id].sort());
      expect(await mesh.audit.list()).toHaveLength(1);
      expect((await mesh.context()).text).toContain('We ship on Mondays');
    });

    test('takes text that it read for a confirmation of the item that says it', async () => {
      const bench = await makeBench();
      const mesh = await bench.open();
      const other = await bench.second(mesh);
      const { id } = await other.memory.create({ content: 'The tide turns at noon' });
      await mesh.recall('tide');
      const write = mesh.memory.create({ content: 'The tide turns at noon' });
      expect((await write).id).toBe(id);
      expect(await write.confirmed).toBe(true);
      expect(await mesh.memory.count()).toBe(1);
    });

    test('settles a conflict by a policy that is chosen for a namespace', async () => {
      const bench = await makeBench();
      const mesh = await bench.open();
      const other = await bench.second(mesh);
      const { id } = await mesh.tasks.create({ title: 'Ship' });
      await mesh.tasks.update(id, { notes: 'a' });
      await other.tasks.update(id, { notes: 'b' });
      const policy = 'last-writer-wins';
      await mesh.policies.set({ namespace: 'shared/tasks', policy });
      expect(await other.policies.list()).toMatchObject([{ namespace: 'shared/tasks', policy }]);
      expect((await mesh.tasks.get(id))?.conflicts).toMatchObject([{ open: false }]);
    });

    test('lets a session replace what it wrote itself, awaited or not', async () => {
      const mesh = await (await makeBench()).open();
      const { id } = await mesh.tasks.create({ title: 'Ship' });
      const writes = ['a', 'b', 'c', 'd'].map((notes) => mesh.tasks.update(id, { notes }).saved);
      await Promise.all(writes);
      expect(await mesh.tasks.get(id)).toMatchObject({ notes: 'd', conflicts: [] });
    });

    test('does not take for seen what was asked for and has not come', async () => {
      const bench = await makeBench();
      const mesh = await bench.open();
      const other = await bench.second(mesh);
      const { id } = await mesh.tasks.create({ title: 'Ship' });
      await other.tasks.update(id, { notes: 'unseen' });
      const reading = mesh.tasks.get(id);
      const writing = mesh.tasks.update(id, { notes: 'mine' });
      await Promise.all([reading, writing]);
      expect((await mesh.tasks.get(id))?.conflicts).toHaveLength(1);
    });

    test('says what is wrong with an input, and keeps code and retryable', async () => {
      const mesh = await (await makeBench()).open();
      const { id } = await mesh.memory.create({ content: 'One' });
      await expect(mesh.memory.create({ content: '' })).rejects.toMatchObject({
        name: 'MnemeshError',
        code: 'bad_input',
        retryable: false,
      });
      for (const state of [new Date(), Number.NaN, () => 1, 10n]) {
        const tool = { tool: 'x', state: { deep: [state] } };
        await expect(mesh.tools.create(tool as never)).rejects.toMatchObject({ code: 'bad_input' });
      }
      await expect(mesh.memory.update(NEVER, { importance: 1 })).rejects.toMatchObject({
        code: 'not_found',
      });
      await expect(mesh.memory.update(id, { content: 'Two' } as never)).rejects.toMatchObject({
        code: 'write_once',
      });
      await expect(mesh.memory.get('no id' as RecordId)).rejects.toMatchObject({
        code: 'bad_input',
      });
      await expect(mesh.recall(' ')).rejects.toMatchObject({ code: 'bad_input' });
      const content = 'x'.repeat(1024 * 1024 + 1);
      await expect(mesh.memory.create({ content })).rejects.toMatchObject({ code: 'too_large' });
      expect(await mesh.memory.count()).toBe(1);
    });

    test('saves without a path, and leaves acked and synced pending', async () => {
      const mesh = await (await makeBench()).open();
      const write = mesh.memory.create({ content: 'Kept' });
      await write;
      let isOver = false;
      const waits = [write.acked, write.synced, mesh.acked()].map((wait) =>
        wait.finally(() => {
          isOver = true;
        }),
      );
      await mesh.memory.count();
      expect(isOver).toBe(false);
      expect(mesh.status).toMatchObject({ unsaved: 0, synced: false, offline: false });
      expect(mesh.status.unacked).toBeGreaterThan(0);
      const settled = Promise.allSettled(waits);
      await mesh.close();
      for (const end of await settled) {
        expect(end).toMatchObject({ status: 'rejected', reason: { code: 'closed' } });
      }
    });

    test('tells its status when that changes', async () => {
      const mesh = await (await makeBench()).open();
      const told: MeshStatus[] = [];
      const stop = mesh.onStatus((status) => told.push(status));
      mesh.setOffline(true);
      expect(mesh.status.offline).toBe(true);
      await mesh.memory.create({ content: 'On the plane' });
      await mesh.memory.count();
      expect(told.some(({ offline, replica }) => offline && replica === mesh.replica)).toBe(true);
      stop();
      mesh.setOffline(false);
      expect(mesh.status.offline).toBe(false);
    });

    test('takes what is preferred of sync, and refuses what is none', async () => {
      const mesh = await (await makeBench()).open();
      await mesh.prefer({ cadence: { 'agents/**': { everyMs: 60_000 } }, sparing: true });
      await mesh.prefer({ sparing: false });
      const refused = mesh.prefer({ cadence: { '**': 'hourly' as never } });
      await expect(refused).rejects.toMatchObject({ code: 'bad_input' });
      await mesh.reconnect();
    });

    test('saves what was begun before it closes, and refuses everything after', async () => {
      const mesh = await (await makeBench()).open();
      const { id } = await mesh.memory.create({ content: 'One' });
      const begun = mesh.memory.update(id, { importance: 0.5 });
      await begun;
      await mesh.close();
      await mesh.close();
      const closed = { code: 'closed' };
      await expect(mesh.memory.create({ content: 'Two' })).rejects.toMatchObject(closed);
      await expect(mesh.memory.update(id, { importance: 1 })).rejects.toMatchObject(closed);
      await expect(mesh.memory.get(id)).rejects.toMatchObject(closed);
      await expect(mesh.memory.list()).rejects.toMatchObject(closed);
    });

    test('takes many writes at once', async () => {
      const mesh = await (await makeBench()).open();
      const writes = Array.from({ length: 1_000 }, (_, n) =>
        mesh.memory.create({ content: `No. ${n}` }),
      );
      const items = await Promise.all(writes);
      expect(new Set(items.map(({ id }) => id)).size).toBe(1_000);
      expect(await mesh.memory.count()).toBe(1_000);
    });
  });
}
