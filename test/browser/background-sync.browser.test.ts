import { benchInBrowser, type TestPage } from '@mnemesh/testing-browser';
import { expect, test } from 'vitest';
import { contentsOf, startRelay, startReplica, temporaryDirectory } from '../integration/place.js';

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
async function cutOff({ background = true } = {}) {
  const directory = await temporaryDirectory();
  const relay = await startRelay(directory);
  const node = await startReplica(await temporaryDirectory(), 'node', relay.url);
  const device = await bench.device();
  await device.grant('background-sync');
  const page = await device.open(bench.url);
  await page.call('open', relay.url, background);
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
