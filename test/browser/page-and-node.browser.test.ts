import { benchInBrowser, type Device, type TestPage } from '@mnemesh/testing-browser';
import { expect, test } from 'vitest';
import { contentsOf, startRelay, startReplica, temporaryDirectory } from '../integration/place.js';

const bench = benchInBrowser(new URL('mesh-page.ts', import.meta.url));

interface Status {
  readonly synced: boolean;
  readonly unacked: number;
}

/** Links may take as long as a backoff between two attempts. */
const patient = { timeout: 30_000 };

const isSynced = async (page: TestPage): Promise<boolean> =>
  (await page.call<Status>('status')).synced;

test('[CV] [ND] a page shares a mesh with Node, opens from its own store while the relay is dead, and converges when it returns', async () => {
  const device = await bench.device();
  const place = await temporaryDirectory();
  const relay = await startRelay(place);
  const node = await startReplica(await temporaryDirectory(), 'node', relay.url);
  await node.memory.create({ content: 'The ferry leaves from pier four.' });
  const task = await node.tasks.create({ title: 'Paint the ferry', priority: 3 });

  const before = await device.open(bench.url);
  const agent = await before.call('open', relay.url);
  await before.call('remember', 'The parrot belongs to Ana.');
  await expect.poll(() => before.call('contents'), patient).toHaveLength(2);
  await expect.poll(() => contentsOf(node), patient).toHaveLength(2);
  await expect.poll(() => isSynced(before), patient).toBe(true);
  await relay.close();
  await before.close();

  const page = await device.open(bench.url);
  // The key is the browser's, and outlives the page.
  await expect.poll(() => page.call('open', relay.url).catch(() => 'in use')).toBe(agent);
  expect(await page.call('contents')).toEqual([
    'The ferry leaves from pier four.',
    'The parrot belongs to Ana.',
  ]);
  const [hit] = await page.call<{ readonly text: string }[]>(
    'recall',
    'where does the ferry leave?',
  );
  expect(hit?.text).toBe('The ferry leaves from pier four.');
  await page.call('setPriority', task.id, 1);
  await page.call('remember', 'Written in the tab while nobody could be reached.');
  await node.tasks.update(task.id, { title: 'Paint the ferry green' });
  expect(await page.call<Status>('status')).toMatchObject({ synced: false });

  await startRelay(place, relay.port);
  const merged = { title: 'Paint the ferry green', priority: 1 };
  await expect.poll(() => page.call('task', task.id), patient).toEqual(merged);
  await expect.poll(() => node.tasks.get(task.id), patient).toMatchObject(merged);
  await expect.poll(() => contentsOf(node), patient).toEqual(await page.call('contents'));
  await expect.poll(() => isSynced(page), patient).toBe(true);
  await page.call('close');
  expectOnlyRefusals(device);
}, 120_000);

test('[ND] a write that the browser gave up is not called saved, and the page goes on from what was', async () => {
  const page = await (await bench.device()).open(bench.url);
  await page.call('open');
  await page.call('remember', 'Saved.');
  await page.call('abortNextWrite');
  await expect(page.call('remember', 'Lost.')).rejects.toMatchObject({ code: 'store_failed' });
  await page.call('remember', 'Goes on.');
  expect(await page.call('contents')).toEqual(['Goes on.', 'Saved.']);
  expect(await page.call<object>('status')).not.toHaveProperty('storeError');
  await page.call('close');
});

/** The browser writes to the console whenever a socket is refused. */
function expectOnlyRefusals(device: Device): void {
  const others = device
    .takeProblems()
    .filter((problem) => !/^WebSocket connection to/.test(problem));
  expect(others).toEqual([]);
}
