import { gzipSync } from 'node:zlib';
import { build } from 'vite';
import { expect, test } from 'vitest';

/** Bytes, gzipped, that a page loads before it is in a mesh that another tab leads. */
const JOINING = 28_000;
const ENTRY = 'entry.js';

test('a page joins a mesh with a small part of the program, without Yjs, and loads the rest when it is needed', async () => {
  const { output } = (await build({
    root: import.meta.dirname,
    configFile: false,
    resolve: { conditions: ['source', 'module', 'browser', 'production'] },
    logLevel: 'silent',
    build: { write: false, target: 'es2022', rolldownOptions: { input: ENTRY } },
    plugins: [
      {
        name: 'entry',
        enforce: 'pre',
        resolveId: (id) => (id === ENTRY ? `${import.meta.dirname}/${ENTRY}` : null),
        load: (id) =>
          id.endsWith(ENTRY)
            ? `import { openMesh } from 'mnemesh'; globalThis.openMesh = openMesh;`
            : null,
      },
    ],
  })) as Exclude<Awaited<ReturnType<typeof build>>, unknown[] | { close: unknown }>;
  const chunks = new Map(
    output.flatMap((one) => (one.type === 'chunk' ? [[one.fileName, one] as const] : [])),
  );
  const joining = new Set([...chunks.values()].filter(({ isEntry }) => isEntry));
  for (const { imports } of joining)
    for (const file of imports) {
      const chunk = chunks.get(file);
      if (chunk !== undefined) joining.add(chunk);
    }
  expect(joining.size).toBeLessThan(chunks.size);
  const modules = [...joining].flatMap(({ moduleIds }) => moduleIds);
  expect(modules.filter((module) => module.includes('/yjs/'))).toEqual([]);
  const bytes = [...joining].reduce((sum, { code }) => sum + gzipSync(code).length, 0);
  expect(bytes).toBeLessThan(JOINING);
});
