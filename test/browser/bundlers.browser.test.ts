import { fileURLToPath } from 'node:url';
import { benchInBrowser, bundle, serveScript } from '@mnemesh/testing-browser';
import { build } from 'esbuild';
import { expect, test } from 'vitest';
import { startRelay, temporaryDirectory } from '../integration/place.js';

const entry = new URL('mesh-page.ts', import.meta.url);
const bench = benchInBrowser(entry);

const bundlers = {
  vite: () => bundle(entry),
  esbuild: async () => {
    const { outputFiles } = await build({
      entryPoints: [fileURLToPath(entry)],
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'browser',
      target: 'es2022',
      conditions: ['source'],
    });
    return outputFiles[0]?.text as string;
  },
};

test.each(Object.entries(bundlers))(
  'openMesh is imported into a page by %s, without anything of Node',
  async (_, bundled) => {
    const script = await bundled();
    expect(script).not.toMatch(
      /node:(fs|crypto|path|os|net|child_process)|better-sqlite|require\(["']ws/,
    );
    const relay = await startRelay(await temporaryDirectory());
    const server = await serveScript(script);
    try {
      const page = await (await bench.device()).open(server.url);
      await page.call('open', relay.url);
      await page.call('remember', 'Bundled.');
      expect(await page.call('contents')).toEqual(['Bundled.']);
      await page.call('close');
    } finally {
      await server.close();
    }
  },
);
