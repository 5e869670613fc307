import type { Mesh } from '@mnemesh/core';
import type { Log, Runtime } from '@mnemesh/protocol';
import { browserRuntime } from '@mnemesh/runtime-browser';
import { DrainTime, drainWithin } from './drain.js';
import { type DrainableMesh, keptMesh } from './kept-meshes.js';
import { meshOf } from './sync-tag.js';

/** `sync` and `periodicsync`, as far as they are used. */
interface SyncEvent extends Event {
  readonly tag: string;
  waitUntil(work: Promise<unknown>): void;
}

/** The part of a service worker's global scope that is used: pass `self`. */
export interface WorkerScope {
  addEventListener(type: string, listener: (event: Event) => void): void;
}

export interface DrainOptions {
  /** That of `mnemesh`, bundled into the worker. It is opened without peers: workers have no WebRTC. */
  readonly openMesh: (settings: DrainableMesh) => Promise<Mesh>;
  readonly runtime?: Pick<Runtime, 'after'>;
  readonly log?: Log;
}

/** Call it while the worker's script runs: from then on the browser may wake the worker for a mesh. */
export function drainOnSync(scope: WorkerScope, options: DrainOptions): void {
  const listener = (event: Event): void => {
    const { tag } = event as SyncEvent;
    const mesh = meshOf(tag);
    if (mesh !== undefined) (event as SyncEvent).waitUntil(drainKept(mesh, options));
  };
  scope.addEventListener('sync', listener);
  scope.addEventListener('periodicsync', listener);
}

async function drainKept(
  mesh: string,
  { openMesh, runtime = browserRuntime(), log }: DrainOptions,
): Promise<void> {
  const time = new DrainTime(runtime);
  const work = async (): Promise<void> => {
    const settings = await keptMesh(mesh);
    if (settings === undefined) return;
    await drainWithin(time, settings, openMesh);
    log?.('info', 'sent in the background', { mesh });
  };
  try {
    await time.bound(work());
  } catch (error) {
    log?.('warn', 'not all was sent in the background', { mesh, error: String(error) });
    // The browser takes it for a reason to try again.
    throw error;
  }
}
