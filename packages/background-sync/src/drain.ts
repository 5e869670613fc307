import type { Mesh } from '@mnemesh/core';
import { MnemeshError, type Runtime } from '@mnemesh/protocol';
import type { DrainableMesh } from './kept-meshes.js';

/**
 * Milliseconds that one drain may take, from the event to its end. Chromium ends a worker after some 190 s of one
 * event; what is left then comes with the next one, which it only fires for a drain that failed, and not for one that
 * it ended.
 */
export const DRAIN_MS = 140_000;
/** When no more is sent: the rest of the time is for closing. */
export const SEND_MS = 130_000;

/** The time of one drain, which runs from now. */
export class DrainTime {
  /** Rejects when no more is to be sent. */
  readonly isShort: Promise<never>;
  /** Rejects when the drain must have ended. */
  readonly isUp: Promise<never>;
  readonly #cancel: () => void;

  constructor(runtime: Pick<Runtime, 'after'>) {
    const short = rejectsAfter(runtime, SEND_MS);
    const up = rejectsAfter(runtime, DRAIN_MS);
    this.isShort = short.rejects;
    this.isUp = up.rejects;
    this.#cancel = () => {
      short.cancel();
      up.cancel();
    };
  }

  /** @throws MnemeshError `relay_unavailable` when the work has not ended in time: it goes on, and nobody waits for it */
  async bound<T>(work: Promise<T>): Promise<T> {
    try {
      return await Promise.race([work, this.isUp]);
    } finally {
      this.#cancel();
    }
  }
}

/**
 * Opens a mesh, sends what its relay has not acked, and closes it. What was acked on the way stays acked, so an
 * end at any moment loses nothing.
 * @throws MnemeshError `relay_unavailable` when something is left after `SEND_MS`, or it is not closed after
 * `DRAIN_MS`; what opening throws
 */
export function drain(
  settings: DrainableMesh,
  openMesh: (settings: DrainableMesh) => Promise<Mesh>,
  runtime: Pick<Runtime, 'after'>,
): Promise<void> {
  const time = new DrainTime(runtime);
  return time.bound(drainWithin(time, settings, openMesh));
}

/** The same, as a part of what has to be done in that time. */
export async function drainWithin(
  { isShort }: DrainTime,
  settings: DrainableMesh,
  openMesh: (settings: DrainableMesh) => Promise<Mesh>,
): Promise<void> {
  const mesh = await openMesh(settings);
  try {
    await Promise.race([isShort, mesh.acked()]);
  } finally {
    await mesh.close();
  }
}

function rejectsAfter(runtime: Pick<Runtime, 'after'>, ms: number) {
  let cancel = (): void => undefined;
  const rejects = new Promise<never>((_, reject) => {
    cancel = runtime.after(ms, () => reject(leftError(ms)));
  });
  // Nobody may be waiting for it any more.
  rejects.catch(() => undefined);
  return { rejects, cancel };
}

function leftError(ms: number): MnemeshError {
  const message = `Not everything was sent within ${ms / 1000} s. The rest is sent with the next chance.`;
  return new MnemeshError('relay_unavailable', message, { retryable: true });
}
