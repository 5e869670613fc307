import { concatBytes, limits } from '@mnemesh/protocol';
import { webrtcLimits } from './webrtc-limits.js';

/** First byte of each message on a data channel. Types of later versions are refused: both ends have the same one. */
const PIECE = 0;
const LAST_PIECE = 1;
const CLOSE = 2;

const HEAD_BYTES = 1;
/** Bytes of a close reason, as in a WebSocket. */
const REASON_BYTES = 123;

export type Arrival =
  | { readonly kind: 'frame'; readonly frame: Uint8Array }
  | { readonly kind: 'close'; readonly code: number; readonly reason: string }
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'malformed'; readonly why: string };

/** The piece of a frame that begins at `at`, as one message. */
export function chunkAt(frame: Uint8Array, at: number): Uint8Array {
  const end = Math.min(frame.length, at + webrtcLimits.chunkBytes - HEAD_BYTES);
  const chunk = new Uint8Array(HEAD_BYTES + end - at);
  chunk[0] = end === frame.length ? LAST_PIECE : PIECE;
  chunk.set(frame.subarray(at, end), HEAD_BYTES);
  return chunk;
}

/** Where the piece after the one at `at` begins; at or beyond the frame's length after the last. */
export function afterChunk(at: number): number {
  return at + webrtcLimits.chunkBytes - HEAD_BYTES;
}

/** A data channel has no close codes of its own. */
export function closeChunk(code: number, reason: string): Uint8Array {
  const text = new TextEncoder().encode(reason).subarray(0, REASON_BYTES);
  const chunk = new Uint8Array(HEAD_BYTES + 2 + text.length);
  chunk[0] = CLOSE;
  new DataView(chunk.buffer).setUint16(HEAD_BYTES, code);
  chunk.set(text, HEAD_BYTES + 2);
  return chunk;
}

/** Puts the pieces of one link back together. Holds at most one frame. */
export class ChunkAssembler {
  #pieces: Uint8Array[] = [];
  #bytes = 0;

  receive(chunk: Uint8Array): Arrival {
    const kind = chunk[0];
    if (kind === undefined || chunk.length > webrtcLimits.chunkBytes)
      return { kind: 'malformed', why: `a message of ${chunk.length} bytes` };
    const body = chunk.subarray(HEAD_BYTES);
    if (kind === CLOSE) return readClose(body);
    if (kind !== PIECE && kind !== LAST_PIECE)
      return { kind: 'malformed', why: `a message of type ${kind}` };
    if (body.length === 0) return { kind: 'malformed', why: 'an empty piece' };
    this.#bytes += body.length;
    if (this.#bytes > limits.frameBytes)
      return { kind: 'malformed', why: `a frame of over ${limits.frameBytes} bytes` };
    this.#pieces.push(body);
    if (kind === PIECE) return { kind: 'incomplete' };
    const frame = this.#pieces.length === 1 ? body : concatBytes(this.#pieces);
    this.#pieces = [];
    this.#bytes = 0;
    return { kind: 'frame', frame };
  }
}

function readClose(body: Uint8Array): Arrival {
  if (body.length < 2 || body.length > 2 + REASON_BYTES)
    return { kind: 'malformed', why: 'a close of the wrong length' };
  const code = new DataView(body.buffer, body.byteOffset).getUint16(0);
  return { kind: 'close', code, reason: new TextDecoder().decode(body.subarray(2)) };
}
