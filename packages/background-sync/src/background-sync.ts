import type { Mesh, MeshStatus } from '@mnemesh/core';
import type { Log } from '@mnemesh/protocol';
import { type DrainableMesh, keepMesh, keepOffline } from './kept-meshes.js';
import { tagOf } from './sync-tag.js';

/** Milliseconds between wake-ups that nobody asked for, at least. Browsers make it longer as they see fit. */
const PERIODIC_MS = 12 * 3_600_000;

/** What browsers have beside the standard's registration, where they do. */
interface SyncRegistration {
  readonly sync?: { register(tag: string): Promise<void> };
  readonly periodicSync?: {
    register(tag: string, options: { readonly minInterval: number }): Promise<void>;
  };
}

export interface BackgroundOptions extends DrainableMesh {
  /** Of the service worker that calls `drainOnSync`. */
  readonly registration: ServiceWorkerRegistration;
  readonly log?: Log;
}

export interface BackgroundSync {
  /** False where the browser has no Background Sync, or refuses it: then the next opening of a page sends. */
  readonly supported: boolean;
  /** The browser is asked no more, and what is kept for it changes no more. Idempotent. */
  stop(): Promise<void>;
}

/**
 * Has the browser send what this page could not, also when the page is closed: whenever the relay lacks something
 * while it is not linked, or the page hidden, the browser is asked to wake the service worker. What is asked while
 * a page closes comes too late, so it is asked before. A mesh that was set offline stays so.
 */
export async function syncInBackground(
  mesh: Mesh,
  { registration, log, ...settings }: BackgroundOptions,
): Promise<BackgroundSync> {
  const { sync, periodicSync } = registration as SyncRegistration;
  const tag = tagOf(mesh.id);
  let offline = mesh.status.offline;
  await keepMesh(settings, offline);
  const refused = (error: unknown): void =>
    log?.('info', 'the browser refuses to sync in the background', { error: String(error) });
  await periodicSync?.register(tag, { minInterval: PERIODIC_MS }).catch(refused);

  const ask = (): void => {
    const { unacked, offline: stays } = mesh.status;
    if (unacked > 0 && !stays) sync?.register(tag).catch(refused);
  };
  const mayBeLeft = (): void => {
    const linked = mesh.status.transports.some(({ kind, links }) => kind === 'relay' && links > 0);
    if (!linked || document.visibilityState === 'hidden' || !navigator.onLine) ask();
  };
  let keeping = Promise.resolve();
  const look = (status: MeshStatus): void => {
    if (status.offline !== offline) {
      offline = status.offline;
      const { offline: now } = status;
      keeping = keeping.then(() => keepOffline(mesh.id, now)).catch(refused);
    }
    mayBeLeft();
  };
  const end = mesh.onStatus(look);
  document.addEventListener('visibilitychange', mayBeLeft);
  globalThis.addEventListener('offline', mayBeLeft);
  // It may have been switched while this was begun.
  look(mesh.status);
  return {
    supported: sync !== undefined,
    stop: async () => {
      end();
      document.removeEventListener('visibilitychange', mayBeLeft);
      globalThis.removeEventListener('offline', mayBeLeft);
      await keeping;
    },
  };
}
