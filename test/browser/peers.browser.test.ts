import { SeededRandom } from '@mnemesh/testing';
import { benchInBrowser, type TestPage } from '@mnemesh/testing-browser';
import { expect, test } from 'vitest';
import { Child } from '../crash/child.js';
import { freePort } from '../crash/relay-place.js';
import { carried, linksTo, secret, startPeer, startSignaling } from '../integration/peers.js';
import { contentsOf, inSync, temporaryDirectory } from '../integration/place.js';

const bench = benchInBrowser(new URL('mesh-page.ts', import.meta.url));

interface Status {
  readonly transports: readonly { readonly kind: string; readonly links: number }[];
}

/** Bytes of a text that cannot be mistaken for the links' own talk. */
const TEXT_BYTES = 20_000;

const SEGMENTS = 300;
/** Of text in each: ten megabytes in all. */
const SEGMENT_BYTES = 34_800;
/** A link is given no more while four megabytes wait on it; what it was given last comes on top. */
const BUFFERED_BYTES = 4 * 1024 * 1024 + 256 * 1024;

/** Links may take as long as a backoff between two attempts. */
const patient = { timeout: 40_000 };

const textOf = (name: string): string => `${name}: ${'lorem '.repeat(TEXT_BYTES / 5)}`;

const carriedBy = (page: TestPage) =>
  page.call<{ readonly sent: number; readonly received: number }[]>('carried');

const carriedByEach = ({ peers }: Awaited<ReturnType<typeof startPeer>>) =>
  Promise.all(
    peers.connections.map(async (connection) => {
      const { bytesSent, bytesReceived } = await carried({ peers: { connections: [connection] } });
      return { sent: bytesSent, received: bytesReceived };
    }),
  );

const peersOf = async (page: TestPage): Promise<number> => {
  const { transports } = await page.call<Status>('status');
  return transports.find(({ kind }) => kind === 'peer')?.links ?? 0;
};

/** Each connection of an end has carried a text both ways since then. */
async function expectCarried(
  counts: () => Promise<readonly { readonly sent: number; readonly received: number }[]>,
  before: Awaited<ReturnType<typeof counts>>,
): Promise<void> {
  const after = await counts();
  expect(after).toHaveLength(before.length);
  for (const [i, { sent, received }] of after.entries()) {
    expect(sent).toBeGreaterThan((before[i]?.sent ?? 0) + TEXT_BYTES);
    expect(received).toBeGreaterThan((before[i]?.received ?? 0) + TEXT_BYTES);
  }
}

test('[CV] [ND] two devices and a Node agent go on when the relay is killed, and a closed tab comes back while it is dead', async () => {
  const place = {
    directory: await temporaryDirectory(),
    port: await freePort(new SeededRandom('peers')),
  };
  const first = Child.start({ entry: 'relay', place });
  const relay = await first.reported('listening');
  const signaling = await startSignaling();
  const webrtc = { secret, signaling: [signaling.url] };
  const agent = await startPeer('agent', { relay: relay.url, webrtc });
  const devices = [await bench.device(), await bench.device()] as const;
  const pages = [await devices[0].open(bench.url), await devices[1].open(bench.url)] as const;
  for (const page of pages) await page.call('open', relay.url, webrtc);
  for (const page of pages) await expect.poll(() => peersOf(page), patient).toBe(2);
  expect(linksTo('peer', agent)).toBe(2);

  await first.kill();
  await expect.poll(() => linksTo('relay', agent), patient).toBe(0);
  // Every pair has one connection: whoever writes pushes to both others over it, and hears of their writes.
  const ends = [() => carriedByEach(agent), ...pages.map((page) => () => carriedBy(page))];
  const before = await Promise.all(ends.map((counts) => counts()));
  expect(before.map(({ length }) => length)).toEqual([2, 2, 2]);
  const three = ['agent', 'one tab', 'other tab'].map((name) => textOf(name));
  await agent.mesh.memory.create({ content: three[0] as string });
  await pages[0].call('remember', three[1]);
  await pages[1].call('remember', three[2]);
  for (const page of pages) await expect.poll(() => page.call('contents'), patient).toEqual(three);
  await expect.poll(() => contentsOf(agent.mesh), patient).toEqual(three);
  for (const [i, counts] of ends.entries())
    await expect.poll(async () => expectCarried(counts, before[i] ?? []), patient).toBeUndefined();

  await pages[0].close();
  await pages[1].call('remember', 'while a tab was closed');
  const back = await devices[0].open(bench.url);
  await expect.poll(() => back.call('open', relay.url, webrtc).catch(() => '')).not.toBe('');
  const four = [...three, 'while a tab was closed'];
  await expect.poll(() => back.call('contents'), patient).toEqual(four);
  await expect.poll(() => peersOf(back), patient).toBe(2);

  // With the agent gone as well, nothing but the connection between the two pages is left.
  await agent.mesh.close();
  for (const page of [back, pages[1]]) await expect.poll(() => peersOf(page), patient).toBe(1);
  await back.call('remember', 'from tab to tab');
  const five = [...four, 'from tab to tab'].sort();
  await expect.poll(() => pages[1].call('contents'), patient).toEqual(five);

  const again = await Child.start({ entry: 'relay', place }).reported('listening');
  const reader = await startPeer('reader', { relay: again.url, webrtc: { peers: 0 } });
  await expect.poll(() => contentsOf(reader.mesh), patient).toEqual(five);
  await inSync(reader.mesh);
  expect(await reader.mesh.memory.count()).toBe(five.length);
  for (const device of devices) device.takeProblems();
}, 180_000);

test('[ND] [BD] a tab that vanishes amid ten megabytes in three hundred segments comes back and goes on where it was', async () => {
  const signaling = await startSignaling();
  const webrtc = { secret, signaling: [signaling.url] };
  const agent = await startPeer('agent', { webrtc, replica: { limits: { records: 1, bytes: 1 } } });
  for (let n = 0; n < SEGMENTS; n++)
    await agent.mesh.memory.create({
      content: `${n} ${'lorem ipsum '.repeat(SEGMENT_BYTES / 12)}`,
    });
  const device = await bench.device();
  const first = await device.open(bench.url);
  await first.call('open', null, webrtc);
  await expect.poll(() => first.call('count'), { ...patient, interval: 5 }).toBeGreaterThan(10);
  const amid = await first.call<number>('count');
  await first.close();
  expect(amid).toBeLessThan(SEGMENTS);

  const back = await device.open(bench.url);
  await expect.poll(() => back.call('open', null, webrtc).catch(() => '')).not.toBe('');
  expect(await back.call('count')).toBeGreaterThanOrEqual(amid);
  await expect.poll(() => back.call('count'), patient).toBe(SEGMENTS);
  const [{ received = 0 } = {}, ...others] = await carriedBy(back);
  expect(others).toEqual([]);
  expect(received).toBeLessThan((SEGMENTS - 10) * (SEGMENT_BYTES + 1_000));
  expect(agent.mostBuffered()).toBeLessThan(BUFFERED_BYTES);
  device.takeProblems();
}, 180_000);
