import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { type EsbuildDoor, openDoor, peersDirectory } from '../clients/doors.js';
import type { SubjectName } from '../subjects/subject.js';
import type { Run, Scenario } from './scenario.js';

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
      export { websocketTransport } from '@mnemesh/transport-websocket';`,
    from: 'bench',
  },
};

export const bundle: Scenario = {
  name: 's11',
  title:
    'S11 browser bundle, minified: replica, IndexedDB and WebSocket (ours: IndexedDB is yet to come)',
  once: true,
  subjects: ['yws', 'hocuspocus', 'automerge', 'mnemesh-mesh'],
  columns: [
    { name: 'gzip', unit: 'kB', checkedAgainst: 'itself' },
    { name: 'minified', unit: 'kB' },
    { name: 'wasm_gzip', unit: 'kB' },
  ],
  async measure(run) {
    const page = pages[run.subject.name] as Page;
    const { build } = await openDoor('esbuild');
    const { outputFiles } = await build(optionsFor(run, page));
    const bytes = (end: string, size: (contents: Uint8Array) => number): number =>
      outputFiles
        .filter(({ path }) => path.endsWith(end))
        .reduce((sum, { contents }) => sum + size(contents), 0) / 1000;
    const gzip = (contents: Uint8Array): number => gzipSync(contents, { level: 9 }).length;
    const wasm = bytes('.wasm', gzip);
    return {
      gzip: bytes('.js', gzip) + wasm,
      minified: bytes('', ({ length }) => length),
      ...(wasm === 0 ? {} : { wasm_gzip: wasm }),
    };
  },
};

function optionsFor(run: Run, { code, from }: Page): Parameters<EsbuildDoor['build']>[0] {
  const home = from === 'peers' ? peersDirectory : new URL('../../', import.meta.url);
  return {
    stdin: { contents: code, resolveDir: fileURLToPath(home), loader: 'js' },
    bundle: true,
    minify: true,
    write: false,
    outdir: run.data,
    platform: 'browser',
    format: 'esm',
    target: 'es2022',
    loader: { '.wasm': 'file' },
    define: { 'process.env.NODE_ENV': '"production"' },
    logLevel: 'silent',
  };
}
