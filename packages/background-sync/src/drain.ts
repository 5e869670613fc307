import type { Mesh } from '@mnemesh/core';
import { MnemeshError, type Runtime } from '@mnemesh/protocol';
import type { DrainableMesh } from './kept-meshes.js';

/**
 * Milliseconds that one drain may take. Chromium ends a worker after some 190 s of one event; what is left then
 * comes with the next one, which it only fires for a drain that failed, and not for one that it ended.
 */
export const DRAIN_MS = 140_000;

/**
 * Opens a mesh, sends what its relay has not acked, and closes it. What was acked on the way stays acked, so an
 * end at any moment loses nothing.
 * @throws MnemeshError `relay_unavailable` when something is left after `DRAIN_MS`, and what opening throws
 */
export async function drain(
  settings: DrainableMesh,
  openMesh: (settings: DrainableMesh) => Promise<Mesh>,
  runtime: Pick<Runtime, 'after'>,
): Promise<void> {
  const mesh = await openMesh(settings);
  try {
    await within(runtime, mesh.acked(), settings.relay);
  } finally {
    await mesh.close();
  }
}

function within(
  runtime: Pick<Runtime, 'after'>,
  acked: Promise<void>,
  relay: string,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const cancel = runtime.after(DRAIN_MS, () => {
      const message = `${relay} did not take everything within ${DRAIN_MS / 1000} s. The rest is sent with the next chance.`;
      reject(new MnemeshError('relay_unavailable', message, { retryable: true }));
    });
    acked.then(resolve, reject).finally(cancel);
  });
}
