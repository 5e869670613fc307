import { connect, type Socket } from 'node:net';
import { HOLDER_PROTOCOL } from '@mnemesh/holder';
import { onTestFinished } from 'vitest';
import { MESH, placeOf } from './shared-place.js';

export const hello = {
  type: 'hello',
  protocol: HOLDER_PROTOCOL,
  mesh: MESH,
  agent: 'stranger',
  doubtful: [],
};

export interface Answer {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** A guest that says whatever it is told to. */
export class Stranger {
  readonly answers: Answer[] = [];
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  #bytes = Buffer.alloc(0);
  #heard: () => void = () => undefined;

  constructor(data: string) {
    this.#socket = connect(placeOf(data).path);
    this.#socket.on('error', () => undefined);
    this.#socket.on('data', (chunk) => this.#take(chunk));
    this.closed = new Promise((resolve) => this.#socket.on('close', () => resolve()));
    onTestFinished(() => void this.#socket.destroy());
  }

  say(message: unknown): void {
    this.write(Buffer.from(JSON.stringify(message)));
  }

  write(body: Buffer, announced = body.length): void {
    const header = Buffer.alloc(4);
    header.writeUInt32BE(announced);
    this.#socket.write(Buffer.concat([header, body]));
  }

  raw(bytes: Buffer): void {
    this.#socket.write(bytes);
  }

  /** Ends at once, without a word. */
  vanish(): void {
    this.#socket.destroy();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** The first answer of this type. */
  async hears(type: string): Promise<Answer> {
    for (;;) {
      const found = this.answers.find((answer) => answer.type === type);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => {
        this.#heard = resolve;
      });
    }
  }

  #take(chunk: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    while (this.#bytes.length >= 4 && this.#bytes.length >= 4 + this.#bytes.readUInt32BE(0)) {
      const end = 4 + this.#bytes.readUInt32BE(0);
      this.answers.push(JSON.parse(this.#bytes.toString('utf8', 4, end)));
      this.#bytes = this.#bytes.subarray(end);
    }
    this.#heard();
  }
}
