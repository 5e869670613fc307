import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeReplicaStore, type ReplicaStorePlace } from '@mnemesh/testing';
import {
  KeptDevice,
  openStoreInPage,
  type PageServer,
  servePage,
  type TestPage,
} from '@mnemesh/testing-browser';
import { afterAll, afterEach, beforeAll } from 'vitest';

let profile: string;
let server: PageServer;
let device: KeptDevice;
let page: TestPage;
let places = 0;

beforeAll(async () => {
  profile = await mkdtemp(join(tmpdir(), 'mnemesh-profile-'));
  server = await servePage(new URL('store-page.ts', import.meta.url));
  await start();
});

afterEach(() => device.checkProblems());

afterAll(async () => {
  await device.close();
  await server.close();
  await rm(profile, { recursive: true });
});

// One browser for all tests: stores in places of different names know nothing of each other.
async function createPlace(): Promise<ReplicaStorePlace> {
  const prefix = `place ${++places}`;
  return {
    open: (mesh, analyzer) =>
      openStoreInPage(page, { prefix, mesh, indexed: analyzer !== undefined }),
    crash: async () => {
      await device.kill();
      await start();
    },
    remove: async () => undefined,
  };
}

describeReplicaStore('on IndexedDB', createPlace, { searched: 2_500 });

async function start(): Promise<void> {
  device = await KeptDevice.open(profile);
  page = await device.open(server.url);
}
