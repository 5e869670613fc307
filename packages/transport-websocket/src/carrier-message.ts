import { limits } from '@mnemesh/protocol';

/**
 * A message of y-websocket's protocol begins with its type; ours is this one, followed by one frame.
 * Types below 128 are one byte.
 */
export const CARRIER_TYPE = 120;

/** Bytes of the longest message that carries a frame. */
export const carrierMessageBytes = limits.frameBytes + 1;

export type CarrierMessage =
  | { readonly kind: 'frame' }
  /** Well formed, but of another type: a newer relay may send it, and nothing here reads it. */
  | { readonly kind: 'other' }
  | { readonly kind: 'malformed'; readonly why: string };

/** Judges what came over a socket before any handler of y-websocket sees it: those throw, and a throw there ends the process. */
export function judgeCarrierMessage(data: unknown): CarrierMessage {
  if (!(data instanceof ArrayBuffer)) return malformed('a text message');
  const bytes = new Uint8Array(data);
  const type = bytes[0];
  if (type === undefined) return malformed('an empty message');
  if (type > 127) return malformed('a message type above 127');
  if (type !== CARRIER_TYPE) return { kind: 'other' };
  if (bytes.length === 1) return malformed('an empty frame');
  if (bytes.length > carrierMessageBytes) return malformed(`a message of ${bytes.length} bytes`);
  return { kind: 'frame' };
}

export function carrierMessage(frame: Uint8Array): Uint8Array {
  const message = new Uint8Array(frame.length + 1);
  message[0] = CARRIER_TYPE;
  message.set(frame, 1);
  return message;
}

function malformed(why: string): CarrierMessage {
  return { kind: 'malformed', why };
}
