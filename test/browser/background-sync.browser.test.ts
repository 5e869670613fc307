import { benchInBrowser, type TestPage } from '@mnemesh/testing-browser';
import { expect, test } from 'vitest';
import { contentsOf, startRelay, startReplica, temporaryDirectory } from '../integration/place.js';
import { wakePeriodically } from './waking.js';

const bench = benchInBrowser(new URL('background-page.ts', import.meta.url), {
  '/worker.js': new URL('background-worker.ts', import.meta.url),
});

const patient = { timeout: 40_000 };

interface Status {
  readonly synced: boolean;
  readonly unacked: number;
}

async function inStep(page: TestPage): Promise<void> {
  await expect.poll(async () => (await page.call<Status>('status')).synced, patient).toBe(true);
}

/**
 * A device that may sync in the background, with a page that was in step with a relay and a Node agent. Then the
 * relay's sockets ended, since an open one would deliver later what was written to it without a network.
 */
async function cutOff({ background = true, storage = 'indexeddb', asks = true } = {}) {
  const directory = await temporaryDirectory();
  const relay = await startRelay(directory);
  const node = await startReplica(await temporaryDirectory(), 'node', relay.url);
  const device = await bench.device();
  await device.grant('background-sync');
  const page = await device.open(bench.url);
  await page.call('open', relay.url, background, storage, asks);
  await inStep(page);
  await relay.close();
  await device.setOffline(true);
  const returns = async (): Promise<void> => {
    await startRelay(directory, relay.port);
    await expect.poll(() => node.status.synced, patient).toBe(true);
    await device.setOffline(false);
  };
  return { relay, node, device, page, returns };
}

test('[ND] what a page wrote without a network is sent by the browser when it is back, with the page closed', async () => {
  const { node, device, page, returns } = await cutOff();
  for (const n of [1, 2, 3]) await page.call('remember', `Written offline, ${n}.`);
  await expect.poll(() => page.call('asked'), patient).toEqual(['mnemesh/team']);
  await page.close();
  await returns();
  await expect
    .poll(() => contentsOf(node), patient)
    .toEqual([1, 2, 3].map((n) => `Written offline, ${n}.`));
  device.takeProblems();
}, 120_000);

test('what is to stay offline is not sent in the background', async () => {
  const { node, device, page, returns } = await cutOff();
  await page.call('remember', 'Would be sent, if nothing forbade it.');
  await expect.poll(() => page.call('asked'), patient).toEqual(['mnemesh/team']);
  await page.call('setOffline', true);
  await expect.poll(() => page.call('kept'), patient).toMatchObject({ offline: true });
  await page.close();
  await returns();
  // The worker was woken, and left it at that: another page finds it not asked any more.
  const other = await device.open(bench.url);
  await expect.poll(() => other.call('asked'), patient).toEqual([]);
  expect(await contentsOf(node)).toEqual([]);
  device.takeProblems();
}, 120_000);

test('[ND] what nobody asked the browser to send is sent when it wakes the worker from time to time', async () => {
  const { node, device, page, returns } = await cutOff({ asks: false });
  await page.call('remember', 'Written where nobody asks for it.');
  await page.close();
  await returns();
  const other = await device.open(bench.url);
  expect(await other.call('asked')).toEqual([]);
  expect(await contentsOf(node)).toEqual([]);
  await wakePeriodically(other, 'mnemesh/team');
  await expect.poll(() => contentsOf(node), patient).toEqual(['Written where nobody asks for it.']);
  device.takeProblems();
}, 120_000);

test('[ID] a worker that is woken while a tab leads goes through that tab, and opens no store beside it', async () => {
  const { node, device, page, returns } = await cutOff();
  await page.call('remember', 'Before the worker was woken.');
  await expect.poll(() => page.call('asked'), patient).toEqual(['mnemesh/team']);
  const openings = () => page.call<{ readonly fence: number }>('rows', 'mnemesh/team/1');
  const { fence } = await openings();
  expect(await page.call('waitingToLead')).toBe(0);
  // The network is back, and the relay is not: the worker goes on waiting.
  await device.setOffline(false);
  await expect.poll(() => page.call('waitingToLead'), patient).toBe(1);
  await page.call('remember', 'While the worker waits.');
  expect(await page.call('status')).toMatchObject({ leads: true });
  await returns();
  await expect
    .poll(() => contentsOf(node), patient)
    .toEqual(['Before the worker was woken.', 'While the worker waits.']);
  await expect.poll(() => page.call('waitingToLead'), patient).toBe(0);
  expect(await page.call('status')).toMatchObject({ leads: true, unacked: 0 });
  expect((await openings()).fence).toBe(fence);
  device.takeProblems();
}, 120_000);

/** What other Yjs programs of the site find. */
async function documentsIn(page: TestPage): Promise<readonly string[]> {
  const names = await page.call<readonly string[]>('databases');
  return names.filter((name) => name.startsWith('mnemesh.documents/'));
}

test('what is sent in the background leaves the databases where other Yjs programs find them', async () => {
  const { node, device, page, returns } = await cutOff({ storage: 'y-indexeddb' });
  await page.call('remember', 'Kept for other programs, too.');
  await expect.poll(() => page.call('asked'), patient).toEqual(['mnemesh/team']);
  const documents = await documentsIn(page);
  expect(documents).not.toEqual([]);
  await page.close();
  await returns();
  await expect.poll(() => contentsOf(node), patient).toEqual(['Kept for other programs, too.']);
  const other = await device.open(bench.url);
  await expect.poll(() => other.call('asked'), patient).toEqual([]);
  expect(await documentsIn(other)).toEqual(documents);
  device.takeProblems();
}, 120_000);

test('of a mesh that an earlier version kept without its storage nothing is moved, and it is sent once a page was opened', async () => {
  const { relay, node, device, page, returns } = await cutOff({ storage: 'y-indexeddb' });
  await page.call('remember', 'Waits for a page.');
  await expect.poll(() => page.call('asked'), patient).toEqual(['mnemesh/team']);
  const { storage, ...earlier } = await page.call<{ readonly storage: string }>('kept');
  expect(storage).toBe('y-indexeddb');
  await page.call('keep', earlier);
  const documents = await documentsIn(page);
  await page.close();
  await returns();
  const other = await device.open(bench.url);
  await expect.poll(() => other.call('asked'), patient).toEqual([]);
  expect(await documentsIn(other)).toEqual(documents);
  expect(await contentsOf(node)).toEqual([]);
  await other.call('open', relay.url, true, storage);
  await expect.poll(() => contentsOf(node), patient).toEqual(['Waits for a page.']);
  expect(await other.call('kept')).toMatchObject({ storage });
  device.takeProblems();
}, 120_000);

test('a page that goes offline or back brings back nothing that was forgotten, and no relay that another page replaced', async () => {
  const { device, page } = await cutOff();
  const kept = await page.call<object>('kept');
  await page.call('keep', { ...kept, relay: 'ws://another.example' });
  await page.call('setOffline', true);
  await expect
    .poll(() => page.call('kept'), patient)
    .toMatchObject({ offline: true, relay: 'ws://another.example' });
  await page.call('forget');
  await page.call('setOffline', false);
  await page.call('setOffline', true);
  await page.call('rested');
  expect(await page.call('kept')).toBeUndefined();
  device.takeProblems();
}, 120_000);

test('[ND] where a browser cannot sync in the background, what was written is sent when a page is opened', async () => {
  const { relay, node, device, page, returns } = await cutOff({ background: false });
  await page.call('remember', 'Waits for a page.');
  await page.close();
  await returns();
  const later = await device.open(bench.url);
  expect(await contentsOf(node)).toEqual([]);
  await later.call('open', relay.url, false);
  await expect.poll(() => contentsOf(node), patient).toEqual(['Waits for a page.']);
  device.takeProblems();
}, 120_000);
