import { type BackgroundSync, syncInBackground } from '@mnemesh/background-sync';
import type { Mesh } from '@mnemesh/core';
import type { Settings } from './settings.js';

/** Of the console's service worker. Never resolves where there is none, and none is needed. */
export function registerWorker(): void {
  if ('serviceWorker' in navigator) navigator.serviceWorker.register('/sw.js').catch(goOn);
}

/** Has the browser send what this page cannot, once it is closed. Undefined where it cannot do that. */
export async function sendInBackground(
  mesh: Mesh,
  { mesh: name, name: agent, relay }: Settings,
): Promise<BackgroundSync | undefined> {
  if (relay === undefined || !('serviceWorker' in navigator)) return undefined;
  const registration = await navigator.serviceWorker.ready;
  return syncInBackground(mesh, { mesh: name, agent, relay, registration });
}

/** Without it, the page needs a network to be loaded; everything else works as well. */
function goOn(): void {}
