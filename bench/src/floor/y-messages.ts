import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';

/** Message type 0 of the y-websocket protocol, and its three steps. */
const SYNC = 0;
export const STEP_1 = 0;
export const STEP_2 = 1;
export const UPDATE = 2;

export interface SyncMessage {
  readonly step: number;
  readonly payload: Uint8Array;
}

/** Undefined for a message of another type, which is awareness. */
export function parseSync(frame: Uint8Array): SyncMessage | undefined {
  const decoder = decoding.createDecoder(frame);
  if (decoding.readVarUint(decoder) !== SYNC) return undefined;
  const step = decoding.readVarUint(decoder);
  return { step, payload: decoding.readVarUint8Array(decoder) };
}

export function message(step: number, payload: Uint8Array): Uint8Array {
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, SYNC);
  encoding.writeVarUint(encoder, step);
  encoding.writeVarUint8Array(encoder, payload);
  return encoding.toUint8Array(encoder);
}

/** No structs and no deletions: what a client answers that has nothing. */
export function isEmptyUpdate(update: Uint8Array): boolean {
  return update.length === 2 && update[0] === 0 && update[1] === 0;
}
