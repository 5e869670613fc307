import { benchInBrowser, type TestPage } from '@mnemesh/testing-browser';
import { expect, test } from 'vitest';
import { carried, linksTo, secret, startPeer, startSignaling } from '../integration/peers.js';
import { contentsOf, startRelay, temporaryDirectory } from '../integration/place.js';

const bench = benchInBrowser(new URL('mesh-page.ts', import.meta.url));

interface Status {
  readonly transports: readonly { readonly kind: string; readonly links: number }[];
}

/** Links may take as long as a backoff between two attempts. */
const patient = { timeout: 40_000 };

const peersOf = async (page: TestPage): Promise<number> => {
  const { transports } = await page.call<Status>('status');
  return transports.find(({ kind }) => kind === 'peer')?.links ?? 0;
};

test('[CV] two devices and a Node agent go on without the relay, and a closed tab comes back while it is dead', async () => {
  const place = await temporaryDirectory();
  const relay = await startRelay(place);
  const signaling = await startSignaling();
  const webrtc = { secret, signaling: [signaling.url] };
  const agent = await startPeer('agent', { relay: relay.url, webrtc });
  const devices = [await bench.device(), await bench.device()] as const;
  const pages = [await devices[0].open(bench.url), await devices[1].open(bench.url)] as const;
  for (const page of pages) await page.call('open', relay.url, webrtc);
  for (const page of pages) await expect.poll(() => peersOf(page), patient).toBe(2);
  expect(linksTo('peer', agent)).toBe(2);

  await relay.close();
  await expect.poll(() => linksTo('relay', agent), patient).toBe(0);
  const before = await carried(agent);
  await pages[0].call('remember', 'from the first tab');
  await pages[1].call('remember', 'from the second tab');
  await agent.mesh.memory.create({ content: 'from the agent' });
  const three = ['from the agent', 'from the first tab', 'from the second tab'];
  for (const page of pages) await expect.poll(() => page.call('contents'), patient).toEqual(three);
  await expect.poll(() => contentsOf(agent.mesh), patient).toEqual(three);
  expect((await carried(agent)).bytesReceived).toBeGreaterThan(before.bytesReceived);

  await pages[0].close();
  await pages[1].call('remember', 'while a tab was closed');
  const back = await devices[0].open(bench.url);
  await expect.poll(() => back.call('open', relay.url, webrtc).catch(() => '')).not.toBe('');
  const four = [...three, 'while a tab was closed'].sort();
  await expect.poll(() => back.call('contents'), patient).toEqual(four);
  await expect.poll(() => peersOf(back), patient).toBe(2);

  // With the agent gone as well, nothing but the connection between the two pages is left.
  await agent.mesh.close();
  for (const page of [back, pages[1]]) await expect.poll(() => peersOf(page), patient).toBe(1);
  await back.call('remember', 'from tab to tab');
  const five = [...four, 'from tab to tab'].sort();
  await expect.poll(() => pages[1].call('contents'), patient).toEqual(five);

  const again = await startRelay(place, relay.port);
  const reader = await startPeer('reader', { relay: again.url, webrtc: { peers: 0 } });
  await expect.poll(() => contentsOf(reader.mesh), patient).toEqual(five);
  for (const device of devices) device.takeProblems();
}, 180_000);
