import { describeTransport } from '@mnemesh/testing';
import { websocketTransport } from '@mnemesh/transport-websocket';
import { FarRelay } from './far-relay.js';
import { ManualRuntime } from './manual-runtime.js';

describeTransport('y-websocket provider over a real socket', async (farEnd) => {
  const relay = await FarRelay.open(farEnd);
  const runtime = new ManualRuntime();
  return {
    transport: websocketTransport({ url: relay.url, runtime }),
    until: (condition) => runtime.until(condition),
    pass: () => runtime.pass(),
    close: () => relay.close(),
  };
});
