import { closeCodes } from '@mnemesh/protocol';
import { RecordingOwner } from '@mnemesh/testing';
import { websocketTransport } from '@mnemesh/transport-websocket';
import { afterEach, expect, test, vi } from 'vitest';
import { FarRelay } from './far-relay.js';
import { ManualRuntime } from './manual-runtime.js';

// lib0 keeps the `Date.now` it finds when it is loaded, so the clock is replaced before that.
const clock = vi.hoisted(() => {
  const now = Date.now;
  const skew = { ms: 0 };
  Date.now = () => now() + skew.ms;
  return skew;
});

afterEach(() => {
  vi.useRealTimers();
});

test('a relay that falls silent is given up after 30 s, and looked for again', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const pass = (ms: number): void => {
    clock.ms += ms;
    vi.advanceTimersByTime(ms);
  };
  const relay = await FarRelay.open();
  const runtime = new ManualRuntime();
  const owner = new RecordingOwner();
  const transport = websocketTransport({ url: relay.url, runtime });
  transport.start(owner.accept, () => {});
  await runtime.until(() => owner.ends.length === 1);

  pass(29_000);
  relay.sockets[0]?.send(Uint8Array.of(120, 18));
  await runtime.until(() => owner.last.frames.length === 1);
  pass(29_000);
  expect(owner.last.closings).toEqual([]);
  pass(5_000);
  expect(owner.last.closings).toMatchObject([{ code: closeCodes.silent }]);

  await runtime.until(() => owner.ends.length === 2);
  expect(runtime.delays.filter((ms) => ms < 2_000)).toEqual([0, 100]);
  await runtime.complete(transport.close());
  await relay.close();
});
