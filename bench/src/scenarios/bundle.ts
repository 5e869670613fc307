import { fileURLToPath } from 'node:url';
import { type EsbuildDoor, openDoor, peersDirectory } from '../clients/doors.js';
import { gzipBytes, packageShares } from '../measure/package-shares.js';
import type { SubjectName } from '../subjects/subject.js';
import type { Measured, Run, Scenario } from './scenario.js';

/** What a page imports to have the subject's replica, its storage in the browser and its WebSocket link. */
interface Page {
  readonly code: string;
  readonly from: 'bench' | 'peers';
}

const pages: Partial<Record<SubjectName, Page>> = {
  yws: {
    code: `export { Doc } from 'yjs';
      export { WebsocketProvider } from 'y-websocket';
      export { IndexeddbPersistence } from 'y-indexeddb';`,
    from: 'peers',
  },
  hocuspocus: {
    code: `export { Doc } from 'yjs';
      export { HocuspocusProvider } from '@hocuspocus/provider';
      export { IndexeddbPersistence } from 'y-indexeddb';`,
    from: 'peers',
  },
  automerge: {
    code: `export { Repo } from '@automerge/automerge-repo';
      export { WebSocketClientAdapter } from '@automerge/automerge-repo-network-websocket';
      export { IndexedDBStorageAdapter } from '@automerge/automerge-repo-storage-indexeddb';`,
    from: 'peers',
  },
  'mnemesh-mesh': {
    code: `export { createAgent, openReplica } from '@mnemesh/core';
      export { openIndexedDbStore } from '@mnemesh/storage-indexeddb';
      export { websocketTransport } from '@mnemesh/transport-websocket';`,
    from: 'bench',
  },
};

export const bundle: Scenario = {
  name: 's11',
  title: 'S11 browser bundle, minified: replica, WebSocket and IndexedDB',
  once: true,
  subjects: ['yws', 'hocuspocus', 'automerge', 'mnemesh-mesh'],
  columns: [
    // Bytes do not vary; what grows by more than this was added on purpose, and is recorded.
    { name: 'gzip', unit: 'kB', checkedAgainst: 'itself', tolerance: 0.01 },
    { name: 'minified', unit: 'kB' },
    { name: 'wasm_gzip', unit: 'kB' },
  ],
  async measure(run) {
    const page = pages[run.subject.name] as Page;
    const { build } = await openDoor('esbuild');
    const { outputFiles } = await build(optionsFor(run, page));
    const contents = (end: string): readonly Uint8Array[] =>
      outputFiles.filter(({ path }) => path.endsWith(end)).map((file) => file.contents);
    const [script] = contents('.js');
    const [map] = contents('.js.map');
    const wasm = contents('.wasm');
    const wasmGzip = kilobytes(wasm.map(gzipBytes));
    return {
      gzip: kilobytes([gzipBytes(script as Uint8Array)]) + wasmGzip,
      minified: kilobytes([script as Uint8Array, ...wasm].map(({ length }) => length)),
      ...(wasm.length === 0 ? {} : { wasm_gzip: wasmGzip }),
      ...sharesOf(decode(script), JSON.parse(decode(map))),
    };
  },
};

/** Not in the table: `gzip_yjs` and so on are for whoever asks where the bytes come from. */
function sharesOf(...bundle: Parameters<typeof packageShares>): Measured {
  const figures = [...packageShares(...bundle)].flatMap(([name, { gzip, minified }]) => [
    [`gzip_${name}`, kilobytes([gzip])],
    [`minified_${name}`, kilobytes([minified])],
  ]);
  return Object.fromEntries(figures);
}

function kilobytes(sizes: readonly number[]): number {
  return sizes.reduce((sum, size) => sum + size, 0) / 1000;
}

function decode(contents: Uint8Array | undefined): string {
  return new TextDecoder().decode(contents);
}

function optionsFor(run: Run, { code, from }: Page): Parameters<EsbuildDoor['build']>[0] {
  const home = from === 'peers' ? peersDirectory : new URL('../../', import.meta.url);
  return {
    stdin: { contents: code, resolveDir: fileURLToPath(home), loader: 'js' },
    bundle: true,
    minify: true,
    // For the shares; the script itself is the same without.
    sourcemap: 'external',
    write: false,
    outdir: run.data,
    platform: 'browser',
    format: 'esm',
    // What browsers run since 2022. Private members stay as they are: older targets would turn each into a WeakMap.
    target: 'es2022',
    loader: { '.wasm': 'file' },
    define: { 'process.env.NODE_ENV': '"production"' },
    logLevel: 'silent',
  };
}
