import { type BackgroundSync, forgetMesh, syncInBackground } from '@mnemesh/background-sync';
import type { Mesh } from '@mnemesh/core';
import type { Settings } from './settings.js';

/** What the browser does for an open mesh once its page is closed. */
export interface InBackground {
  /** Nothing of it is sent any more but by a page that has it open. */
  forget(): Promise<void>;
}

/** Has the browser send what this page cannot, once it is closed, where it can do that. */
export function sendInBackground(mesh: Mesh, settings: Settings): InBackground {
  const leaving = new AbortController();
  const begun = begin(mesh, settings, leaving.signal).catch(() => undefined);
  return {
    forget: async () => {
      leaving.abort();
      await (await begun)?.stop();
      await forgetMesh(settings.mesh);
    },
  };
}

async function begin(
  mesh: Mesh,
  { mesh: name, name: agent, relay }: Settings,
  leaving: AbortSignal,
): Promise<BackgroundSync | undefined> {
  if (relay === undefined) {
    // It may have been opened with one before.
    await forgetMesh(name);
    return undefined;
  }
  if (!('serviceWorker' in navigator)) return undefined;
  // There may never be a worker, and a mesh that is left is not waited with.
  const registration = await Promise.race([navigator.serviceWorker.ready, aborted(leaving)]);
  if (registration === undefined || leaving.aborted) return undefined;
  return syncInBackground(mesh, { mesh: name, agent, relay, registration });
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}
