import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { expect, test } from 'vitest';

/** Bytes that the whole package may add to an app that has React and a mesh already. */
const BUDGET = 2_000;

test('the package is small, and brings nothing along', async () => {
  const { outputFiles, metafile } = await build({
    entryPoints: [`${import.meta.dirname}/../src/index.ts`],
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    external: ['react'],
    metafile: true,
  });
  const inputs = Object.keys(metafile.inputs);
  expect(inputs.filter((input) => !/(^|\/)src\/[^/]+\.ts$/.test(input))).toEqual([]);
  expect(gzipSync(outputFiles[0]?.contents ?? '').length).toBeLessThan(BUDGET);
});
