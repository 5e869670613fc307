import type { Cancel, Runtime } from '@mnemesh/protocol';
import { afterChunk, chunkAt, closeChunk } from './chunks.js';
import { webrtcLimits } from './webrtc-limits.js';

/** What frames are handed to, in chunks. */
export interface Channel {
  /** Bytes handed over that have not left. */
  readonly bufferedBytes: number;
  /** @returns false when it takes nothing any more */
  send(message: Uint8Array): boolean;
  /** Calls `run` whenever it has little left to send; where the platform tells. */
  onLow(run: () => void): void;
}

/** Hands frames to a data channel in chunks, and no more at a time than it can send soon. */
export class PacedQueue {
  readonly #channel: Channel;
  readonly #runtime: Runtime;
  #frames: Uint8Array[] = [];
  /** The frame that is being sent, and how far it is. */
  #first = 0;
  #at = 0;
  #bytes = 0;
  #filled = false;
  #poll: Cancel | undefined;
  #ended = false;
  #closing: Uint8Array | undefined;

  constructor(channel: Channel, runtime: Runtime) {
    this.#channel = channel;
    this.#runtime = runtime;
    channel.onLow(() => this.#pump());
  }

  /** Bytes that have not left: those that wait here, and those in the channel. */
  get bytes(): number {
    return this.#bytes + this.#channel.bufferedBytes;
  }

  add(frame: Uint8Array): void {
    if (this.#ended || this.#closing !== undefined) return;
    this.#frames.push(frame);
    this.#bytes += frame.length;
    this.#pump();
  }

  /** After all that waits. Nothing is taken any more. */
  close(code: number, reason: string): void {
    this.#closing ??= closeChunk(code, reason);
    this.#pump();
  }

  /** Drops what waits. */
  end(): void {
    this.#ended = true;
    this.#frames = [];
    this.#bytes = 0;
    this.#poll?.();
    this.#poll = undefined;
  }

  #pump(): void {
    if (this.#ended) return;
    const { highMarkBytes, lowMarkBytes } = webrtcLimits;
    while (this.#first < this.#frames.length) {
      const buffered = this.#channel.bufferedBytes;
      if (buffered >= highMarkBytes || (this.#filled && buffered > lowMarkBytes)) {
        this.#filled = true;
        this.#look();
        return;
      }
      this.#filled = false;
      if (!this.#sendChunk()) return;
    }
    this.#frames = [];
    this.#first = 0;
    if (this.#closing !== undefined) {
      this.#channel.send(this.#closing);
      this.end();
    }
  }

  #sendChunk(): boolean {
    const frame = this.#frames[this.#first] as Uint8Array;
    const chunk = chunkAt(frame, this.#at);
    if (!this.#channel.send(chunk)) return false;
    this.#bytes -= Math.min(frame.length, afterChunk(this.#at)) - this.#at;
    this.#at = afterChunk(this.#at);
    if (this.#at >= frame.length) {
      this.#frames[this.#first] = NOTHING;
      this.#first++;
      this.#at = 0;
    }
    return !this.#ended;
  }

  /** Looks again soon: not every platform tells when its buffer is low. */
  #look(): void {
    this.#poll ??= this.#runtime.after(webrtcLimits.drainPollMs, () => {
      this.#poll = undefined;
      this.#pump();
    });
  }
}

/** In place of a frame that was sent, so that it is not held until all are. */
const NOTHING = new Uint8Array(0);
