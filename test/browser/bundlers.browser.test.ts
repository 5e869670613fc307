import { fileURLToPath } from 'node:url';
import { benchInBrowser, bundle, serveScript } from '@mnemesh/testing-browser';
import { build } from 'esbuild';
import { expect, test } from 'vitest';
import { startRelay, temporaryDirectory } from '../integration/place.js';

const entry = new URL('mesh-page.ts', import.meta.url);
const bench = benchInBrowser(entry);

/** @param conditions `source` for what lies in this workspace; none for what is published, as it was built */
async function bundledByEsbuild(conditions: readonly string[]): Promise<string> {
  const { outputFiles, metafile } = await build({
    entryPoints: [fileURLToPath(entry)],
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    conditions: [...conditions],
  });
  const sources = Object.keys(metafile.inputs).filter((path) =>
    /(packages|apps)\/[^/]+\/src\//.test(path),
  );
  expect(sources.length > 0).toBe(conditions.includes('source'));
  return outputFiles[0]?.text as string;
}

const bundlers = {
  vite: () => bundle(entry),
  esbuild: () => bundledByEsbuild(['source']),
  'esbuild from what is published': () => bundledByEsbuild([]),
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
