import { chmodSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { Holder, type HolderOptions } from '@mnemesh/holder';
import { MnemeshError } from '@mnemesh/protocol';
import { MessagePipe } from './message-pipe.js';
import { prepareDirectory, removeStale, type SocketPlace } from './socket-place.js';

/**
 * A holder for other processes of this device. Whoever has the store open may listen; nobody else may,
 * so a socket that is there is a dead holder's.
 */
export class SocketHolder {
  readonly #holder: Holder;
  readonly #server: Server;
  #closing: Promise<void> | undefined;

  private constructor(options: HolderOptions) {
    this.#holder = new Holder(options);
    this.#server = createServer((socket) => this.#accept(socket));
  }

  /** @throws MnemeshError `not_permitted`, `store_failed` */
  static async listen(place: SocketPlace, options: HolderOptions): Promise<SocketHolder> {
    prepareDirectory(place);
    removeStale(place);
    const holder = new SocketHolder(options);
    try {
      await listen(holder.#server, place);
    } catch (error) {
      await holder.#holder.close();
      throw error;
    }
    return holder;
  }

  /** Guests that have a session. */
  get guests(): number {
    return this.#holder.guests;
  }

  /** Answers what guests have asked, and sends them away; they find the next holder. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    // The path is free before the store is: whoever opens it next listens there.
    const stopped = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    await this.#holder.close();
    await stopped;
  }

  #accept(socket: Socket): void {
    // A program that forgets its mesh may end: that guests are here does not keep it alive.
    socket.unref();
    if (!this.#holder.accept((options) => new MessagePipe(socket, options))) socket.destroy();
  }
}

function listen(server: Server, { path, directory }: SocketPlace): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      reject(
        new MnemeshError('store_failed', `Cannot listen at ${path}: ${cause.message}.`, { cause }),
      );
    });
    server.listen(path, () => {
      server.removeAllListeners('error');
      server.on('error', () => undefined);
      if (directory !== undefined) chmodSync(path, 0o600);
      server.unref();
      resolve();
    });
  });
}
