import { type Guid, MnemeshError } from '@mnemesh/protocol';
import type { SegmentPlace } from '../documents/segment-place.js';
import type { RejectedPush } from '../status.js';

/** Segments of which another end takes no more. They stay named until they are over or the mesh is opened again. */
export class RejectedPushes {
  readonly #pushes = new Map<Guid, RejectedPush>();

  get all(): readonly RejectedPush[] {
    return [...this.#pushes.values()];
  }

  /** @returns what whoever waits for an ack of it is told */
  add({ guid, namespace, segment }: SegmentPlace, reason: string): MnemeshError {
    this.#pushes.set(guid, { namespace, segment, reason });
    return new MnemeshError(
      reason === 'too_large' ? 'too_large' : 'not_permitted',
      `The other end does not take segment ${segment} of ${namespace} (${reason}). What is written there is saved on this device alone; write on in another namespace, or purge this one.`,
    );
  }

  delete(guid: Guid): void {
    this.#pushes.delete(guid);
  }
}
