import { serve } from '@mnemesh/server';
import { benchInBrowser, type TestPage } from '@mnemesh/testing-browser';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryDirectory } from '../integration/place.js';

const bench = benchInBrowser(new URL('stock-peer-page.ts', import.meta.url));

const patient = { timeout: 40_000 };

async function startRelay() {
  const data = await temporaryDirectory();
  const relay = await serve({ port: 0, host: '127.0.0.1', data });
  onTestFinished(() => relay.close());
  return relay;
}

/** On a device each, so that nothing but WebRTC links them. */
async function twoPeers(signaling: string, password: string | null) {
  const devices = [await bench.device(), await bench.device()] as const;
  const pages = [await devices[0].open(bench.url), await devices[1].open(bench.url)] as const;
  for (const page of pages) await page.call('join', signaling, password);
  return { devices, pages };
}

async function expectShown(pages: readonly TestPage[], shown: object): Promise<void> {
  for (const page of pages) await expect.poll(() => page.call('shown'), patient).toEqual(shown);
}

test.each([
  ['without a password', null],
  ['with a password', 'of the harbour'],
])(
  '[CV] two pages with y-webrtc’s own provider find each other through the /signal of a relay, and converge (%s)',
  async (_, password) => {
    const relay = await startRelay();
    const { devices, pages } = await twoPeers(`${relay.url}/signal`, password);
    const [ana, bo] = pages;
    await ana.call('write', 'red', 'pier four');
    await bo.call('write', 'blue', 'pier one');
    await expectShown(pages, { red: 'pier four', blue: 'pier one' });
    for (const page of pages) expect(await page.call('peers')).toBe(1);

    // Who has found the other needs the server no more.
    await relay.close();
    await ana.call('write', 'red', 'pier five');
    await expectShown(pages, { red: 'pier five', blue: 'pier one' });
    for (const page of pages) await page.call('leave');
    // The browser writes to the console whenever a socket is refused.
    const problems = devices.flatMap((device) => device.takeProblems());
    expect(problems.filter((problem) => !/^WebSocket/.test(problem))).toEqual([]);
  },
  120_000,
);
