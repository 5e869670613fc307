import { join } from 'node:path';
import { type Mesh, Replica, type ReplicaStore, type ReplicaStoreOpener } from '@mnemesh/core';
import { MnemeshError } from '@mnemesh/protocol';
import { lexicalRecall } from '@mnemesh/recall';
import { nodeSignatures } from '@mnemesh/runtime-node';
import { openSqliteStore } from '@mnemesh/storage-sqlite';
import { expect, test } from 'vitest';
import { MESH, openAt, runtime, temporaryPlace } from './shared-place.js';

/** A disk that refuses the n-th commit from now on, and with it all that follow in that opening of a store. */
class FaultyDisk {
  readonly data: string;
  #commits: number | undefined;

  constructor(data: string) {
    this.data = data;
  }

  failAt(commit: number): void {
    this.#commits = commit;
  }

  openReplica(): Promise<Replica> {
    const directory = join(this.data, 'replicas');
    return Replica.open({
      mesh: MESH,
      store: this.#faulty(openSqliteStore({ directory, runtime })),
      runtime,
      signatures: nodeSignatures,
      recall: lexicalRecall(),
    });
  }

  openAt(agent: string): Promise<Mesh> {
    return openAt(this.data, agent, { openReplica: () => this.openReplica() });
  }

  #faulty(open: ReplicaStoreOpener): ReplicaStoreOpener {
    return async (mesh, analyzer) => {
      let hasFailed = false;
      const commit = async (
        store: ReplicaStore,
        ...[batch]: Parameters<ReplicaStore['commit']>
      ) => {
        hasFailed ||= this.#isNow();
        if (hasFailed) throw new MnemeshError('store_failed', 'There is no room on the disk.');
        await store.commit(batch);
      };
      return new Proxy(await open(mesh, analyzer), {
        get: (store, key) => {
          if (key === 'commit') return commit.bind(undefined, store);
          const value: unknown = Reflect.get(store, key, store);
          return typeof value === 'function' ? value.bind(store) : value;
        },
      });
    };
  }

  #isNow(): boolean {
    if (this.#commits === undefined) return false;
    this.#commits -= 1;
    if (this.#commits > 0) return false;
    this.#commits = undefined;
    return true;
  }
}

async function diskWith(...agents: readonly string[]) {
  const disk = new FaultyDisk(await temporaryPlace());
  const meshes: Mesh[] = [];
  for (const agent of agents) meshes.push(await disk.openAt(agent));
  return { disk, meshes: meshes as [Mesh, ...Mesh[]] };
}

const failed = { code: 'store_failed' };

test.each([1, 2, 3])(
  'a guest writes on after the store of its holder failed at commit %i, and what was saved is there [ND]',
  async (commit) => {
    const { disk, meshes } = await diskWith('planner', 'ann');
    const [holder, ann] = meshes as [Mesh, Mesh];
    const before = await ann.memory.create({ content: 'Before' });
    disk.failAt(commit);
    const saved = [before.id];
    let refused: unknown;
    for (let n = 0; refused === undefined; n++) {
      await ann.memory.create({ content: `Number ${n}` }).then(
        ({ id }) => saved.push(id),
        (error: unknown) => {
          refused = error;
        },
      );
    }
    expect(refused).toMatchObject(failed);
    saved.push((await ann.memory.create({ content: 'Goes on' })).id);
    const found = (await ann.memory.list({ limit: 100 })).map(({ id }) => id);
    expect(found.sort()).toEqual(saved.sort());
    // Only once it is opened again does its process write.
    await expect(holder.memory.create({ content: 'Held' })).rejects.toMatchObject({
      code: 'closed',
    });
    expect(holder.status.storeError).toBeDefined();
    const again = await disk.openAt('planner');
    expect(await again.memory.get(before.id)).toEqual(before);
  },
);

test('a guest that had become the holder is a guest of the next one when the store fails', async () => {
  const { disk, meshes } = await diskWith('planner', 'ann', 'bob');
  const [holder, ann, bob] = meshes as [Mesh, Mesh, Mesh];
  await holder.close();
  await ann.memory.create({ content: 'Before' });
  await bob.memory.count();
  disk.failAt(1);
  await expect(ann.memory.create({ content: 'Lost' })).rejects.toMatchObject(failed);
  const { id } = await ann.memory.create({ content: 'Goes on' });
  expect(await bob.memory.get(id)).toMatchObject({ content: 'Goes on' });
  await bob.memory.create({ content: 'Bob too' });
  expect(await ann.memory.count()).toBe(3);
});

test('a program that is alone reads what was saved after its store failed, until somebody else comes', async () => {
  const { disk, meshes } = await diskWith('planner');
  const [alone] = meshes;
  const { id } = await alone.memory.create({ content: 'Saved' });
  disk.failAt(1);
  await expect(alone.memory.create({ content: 'Lost' })).rejects.toMatchObject(failed);
  expect((await alone.memory.list()).map((item) => item.id)).toEqual([id]);
  const ann = await disk.openAt('ann');
  await ann.memory.create({ content: 'Goes on' });
  expect(await ann.memory.count()).toBe(2);
});
