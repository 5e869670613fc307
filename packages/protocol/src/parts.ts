import { concatBytes } from './bytes.js';
import { decodeFrame, encodeFrame, type UnknownFrame } from './codec.js';
import { MnemeshError } from './errors.js';
import type { Frame } from './frames.js';
import { limits } from './limits.js';

/** Bytes a `part` frame adds around its piece: type, flag and length. */
const PART_OVERHEAD = 8;

/** Encodes a message as one frame, or as parts when it exceeds `frameBytes`. */
export function encodeMessage(
  frame: Frame,
  frameBytes: number = limits.frameBytes,
): readonly Uint8Array[] {
  const whole = encodeFrame(frame);
  if (whole.length <= frameBytes) return [whole];
  const piece = frameBytes - PART_OVERHEAD;
  const frames: Uint8Array[] = [];
  for (let at = 0; at < whole.length; at += piece) {
    const bytes = whole.subarray(at, at + piece);
    frames.push(encodeFrame({ type: 'part', last: at + piece >= whole.length, bytes }));
  }
  return frames;
}

/** Puts the parts of one link back together. Holds at most one message of `limits.messageBytes`. */
export class MessageAssembler {
  #parts: Uint8Array[] = [];
  #bytes = 0;

  /**
   * @returns the message this frame completes, or undefined while more parts must come
   * @throws MnemeshError `bad_frame`
   */
  receive(bytes: Uint8Array): Frame | UnknownFrame | undefined {
    if (bytes.length > limits.frameBytes) {
      throw new MnemeshError(
        'bad_frame',
        `A frame of ${bytes.length} bytes exceeds ${limits.frameBytes}.`,
      );
    }
    const frame = decodeFrame(bytes);
    if (frame.type !== 'part') {
      if (this.#parts.length > 0)
        throw new MnemeshError('bad_frame', 'A frame came between the parts of a message.');
      return frame;
    }
    this.#bytes += frame.bytes.length;
    if (this.#bytes > limits.messageBytes) {
      throw new MnemeshError('bad_frame', `A message exceeds ${limits.messageBytes} bytes.`);
    }
    this.#parts.push(frame.bytes);
    if (this.#parts.length > limits.messageParts) {
      throw new MnemeshError('bad_frame', `A message has over ${limits.messageParts} parts.`);
    }
    if (!frame.last) return undefined;
    const whole = concatBytes(this.#parts);
    this.#parts = [];
    this.#bytes = 0;
    const message = decodeFrame(whole);
    if (message.type === 'part') throw new MnemeshError('bad_frame', 'A part holds a part.');
    return message;
  }
}
