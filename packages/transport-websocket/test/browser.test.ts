import { fileURLToPath } from 'node:url';
import type { Transport } from '@mnemesh/core';
import type { Link } from '@mnemesh/protocol';
import { build, type Rollup } from 'vite';
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import type { websocketTransport } from '../src/index.js';
import { FarRelay } from './far-relay.js';
import { ManualRuntime } from './manual-runtime.js';

const entry = fileURLToPath(new URL('../src/index.ts', import.meta.url));
let page: Rollup.OutputChunk;

/** One script of all that a page needs of this package, as an app's bundler makes it. */
beforeAll(async () => {
  const built = (await build({
    configFile: false,
    logLevel: 'error',
    resolve: { conditions: ['source', 'module', 'browser'] },
    build: {
      write: false,
      target: 'es2022',
      lib: { entry, formats: ['es'] },
    },
  })) as Rollup.RollupOutput[];
  page = built[0]?.output[0] as Rollup.OutputChunk;
});

afterEach(() => vi.unstubAllGlobals());

test('a page is not sent the socket of Node', () => {
  expect(page.imports).toEqual([]);
  const modules = Object.keys(page.modules).join('\n');
  expect(modules).toContain('/platform-socket.browser.');
  expect(modules).not.toMatch(/\/platform-socket\.[jt]s|\/node_modules\/ws\//);
});

test('a page loads it, and reaches a relay through the WebSocket of the browser', async () => {
  // Node 20 has no WebSocket of its own; that of `ws` has the browser's interface.
  vi.stubGlobal('WebSocket', WebSocket);
  const script = `data:text/javascript;base64,${Buffer.from(page.code).toString('base64')}`;
  const loaded = (await import(/* @vite-ignore */ script)) as {
    readonly websocketTransport: typeof websocketTransport;
  };
  const relay = await FarRelay.open();
  const runtime = new ManualRuntime();
  const links: Link[] = [];
  const accept = (link: Link) => {
    links.push(link);
    return { received: () => {}, closed: () => {} };
  };
  const transport: Transport = loaded.websocketTransport({ url: relay.url, runtime });
  try {
    transport.start(accept, () => {});
    await runtime.until(() => links.length === 1);
    links[0]?.send(Uint8Array.of(7));
    await runtime.until(() => relay.messages.length === 1);
    expect(relay.messages).toEqual([Uint8Array.of(120, 7)]);
  } finally {
    await runtime.complete(transport.close());
    await relay.close();
  }
});
