import type { Socket } from 'node:net';
import type { Channel, ChannelOptions } from '@mnemesh/holder';
import { MnemeshError } from '@mnemesh/protocol';

/** Bytes of the length before each message, big-endian. */
const HEADER_BYTES = 4;

/** Messages over a stream socket: each is JSON in UTF-8 behind its length. */
export class MessagePipe implements Channel {
  readonly #socket: Socket;
  readonly #options: ChannelOptions;
  #chunks: Buffer[] = [];
  #buffered = 0;
  #needed = HEADER_BYTES;
  #paused = false;
  #corked = false;
  #deaf = false;
  #over = false;

  constructor(socket: Socket, options: ChannelOptions) {
    this.#socket = socket;
    this.#options = options;
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#end());
  }

  get unread(): number {
    return this.#socket.writableLength;
  }

  send(message: object): void {
    if (this.#over) return;
    const text = JSON.stringify(message);
    const bytes = Buffer.byteLength(text);
    if (bytes > this.#options.sentBytes) {
      throw new MnemeshError(
        'too_large',
        `This takes ${bytes} bytes between two processes; at most ${this.#options.sentBytes} pass at once. Ask for fewer records, or write less.`,
      );
    }
    this.#cork();
    const buffer = Buffer.allocUnsafe(HEADER_BYTES + bytes);
    buffer.writeUInt32BE(bytes, 0);
    buffer.write(text, HEADER_BYTES);
    this.#socket.write(buffer);
  }

  pause(): void {
    this.#paused = true;
    this.#socket.pause();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#socket.resume();
    this.#deliver();
  }

  onceRead(run: () => void): void {
    this.#socket.once('drain', run);
  }

  close(): void {
    this.#deaf = true;
    this.#drop();
    this.#socket.end();
    this.#socket.resume();
  }

  destroy(): void {
    this.#end();
    this.#socket.destroy();
  }

  /** The messages of one turn share a system call. */
  #cork(): void {
    if (this.#corked) return;
    this.#corked = true;
    this.#socket.cork();
    process.nextTick(() => {
      this.#corked = false;
      this.#socket.uncork();
    });
  }

  #take(chunk: Buffer): void {
    if (this.#deaf) return;
    this.#chunks.push(chunk);
    this.#buffered += chunk.length;
    this.#deliver();
  }

  #deliver(): void {
    try {
      while (!this.#paused && !this.#deaf && this.#buffered >= this.#needed) this.#step();
    } catch (error) {
      this.#deaf = true;
      this.#drop();
      const known = error instanceof MnemeshError;
      this.#options.failed(known ? error : new MnemeshError('bad_frame', String(error)));
    }
  }

  #step(): void {
    const whole = this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : this.#joined();
    if (whole.length < HEADER_BYTES) return;
    const bytes = whole.readUInt32BE(0);
    if (bytes > this.#options.receivedBytes) {
      throw new MnemeshError(
        'too_large',
        `A message of ${bytes} bytes was announced; at most ${this.#options.receivedBytes} are taken.`,
      );
    }
    this.#needed = HEADER_BYTES + bytes;
    if (this.#buffered < this.#needed) return;
    const text = whole.toString('utf8', HEADER_BYTES, this.#needed);
    const rest = whole.subarray(this.#needed);
    this.#chunks = rest.length === 0 ? [] : [rest];
    this.#buffered = rest.length;
    this.#needed = HEADER_BYTES;
    this.#options.received(parseJson(text));
  }

  #joined(): Buffer {
    const whole = Buffer.concat(this.#chunks);
    this.#chunks = [whole];
    return whole;
  }

  #drop(): void {
    this.#chunks = [];
    this.#buffered = 0;
  }

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#deaf = true;
    this.#drop();
    this.#options.ended();
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new MnemeshError('bad_frame', 'A message is no JSON.');
  }
}
