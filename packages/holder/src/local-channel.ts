import { MnemeshError } from '@mnemesh/protocol';
import type { Channel, ChannelOptions, OpenChannel } from './channel.js';

/** Both ends of a channel inside one program: for a guest that is its own holder. What passes is copied, as between two. */
export function localChannels(): readonly [OpenChannel, OpenChannel] {
  const one = new LocalEnd();
  const other = new LocalEnd();
  one.join(other);
  other.join(one);
  return [(options) => one.open(options), (options) => other.open(options)];
}

class LocalEnd implements Channel {
  #other: LocalEnd | undefined;
  #options: ChannelOptions | undefined;
  /** What the other end sent, and this one has not taken. */
  #arrived: string[] = [];
  #bytes = 0;
  #isPaused = false;
  #isScheduled = false;
  #isDeaf = false;
  #isOver = false;
  #onceRead: (() => void)[] = [];

  join(other: LocalEnd): void {
    this.#other = other;
  }

  open(options: ChannelOptions): Channel {
    this.#options = options;
    this.#schedule();
    return this;
  }

  get unread(): number {
    return this.#other?.waiting ?? 0;
  }

  /** Bytes that have arrived here and were not taken. */
  get waiting(): number {
    return this.#bytes;
  }

  send(message: object): void {
    if (this.#isOver) return;
    const text = JSON.stringify(message);
    const most = this.#options?.sentBytes ?? 0;
    if (text.length > most) {
      throw new MnemeshError(
        'too_large',
        `This takes ${text.length} bytes; at most ${most} pass at once. Ask for fewer records, or write less.`,
      );
    }
    this.#other?.arrive(text);
  }

  arrive(text: string): void {
    if (this.#isDeaf) return;
    this.#arrived.push(text);
    this.#bytes += text.length;
    this.#schedule();
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#schedule();
  }

  onceRead(run: () => void): void {
    this.#onceRead.push(run);
  }

  close(): void {
    this.#isDeaf = true;
    soon(() => this.destroy());
  }

  destroy(): void {
    if (this.#isOver) return;
    this.#end();
    // The other end takes what was sent first.
    this.#other?.leftAlone();
  }

  leftAlone(): void {
    soon(() => {
      this.#deliver();
      this.#end();
    });
  }

  /** Never in the sender's own turn: it may be in the middle of something. */
  #schedule(): void {
    if (this.#isScheduled || this.#options === undefined) return;
    this.#isScheduled = true;
    soon(() => {
      this.#isScheduled = false;
      this.#deliver();
    });
  }

  #deliver(): void {
    try {
      while (!this.#isPaused && !this.#isDeaf && this.#options !== undefined) {
        const text = this.#arrived.shift();
        if (text === undefined) break;
        this.#bytes -= text.length;
        this.#options.received(JSON.parse(text));
      }
    } catch (error) {
      this.#isDeaf = true;
      const known = error instanceof MnemeshError;
      this.#options?.failed(known ? error : new MnemeshError('bad_frame', String(error)));
    }
    this.#other?.wasRead();
  }

  wasRead(): void {
    for (const run of this.#onceRead.splice(0)) run();
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#isDeaf = true;
    this.#arrived = [];
    this.#bytes = 0;
    this.#options?.ended();
  }
}

/** In a turn of its own. */
function soon(run: () => void): void {
  void Promise.resolve().then(run);
}
