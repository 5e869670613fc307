import type { AddressInfo } from 'node:net';
import { type CloseCode, type Link, type LinkAcceptor, limits } from '@mnemesh/protocol';
import { type WebSocket, WebSocketServer } from 'ws';

/** The other end: a real WebSocket server that speaks messages of type 120, and keeps every byte it was sent. */
export class FarRelay {
  /** Raw messages as they came, over all connections. */
  readonly messages: Uint8Array[] = [];
  readonly sockets: WebSocket[] = [];
  readonly paths: (string | undefined)[] = [];
  readonly #server: WebSocketServer;
  #port = 0;

  private constructor(server: WebSocketServer) {
    this.#server = server;
  }

  static async open(accept?: LinkAcceptor, port = 0): Promise<FarRelay> {
    const server = new WebSocketServer({ host: '127.0.0.1', port, perMessageDeflate: false });
    const relay = new FarRelay(server);
    server.on('connection', (socket, request) => {
      relay.paths.push(request.url);
      relay.#connected(socket, accept);
    });
    await new Promise<void>((resolve, reject) => {
      server.once('listening', resolve);
      server.once('error', reject);
    });
    relay.#port = (server.address() as AddressInfo).port;
    return relay;
  }

  get port(): number {
    return this.#port;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.#port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.#server.clients) socket.terminate();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #connected(socket: WebSocket, accept: LinkAcceptor | undefined): void {
    this.sockets.push(socket);
    socket.binaryType = 'arraybuffer';
    socket.on('error', () => {});
    const handler = accept?.(new FarLink(socket));
    socket.on('message', (data: ArrayBuffer, isBinary: boolean) => {
      const message = isBinary ? new Uint8Array(data) : new TextEncoder().encode(String(data));
      this.messages.push(message);
      if (message[0] === 120) handler?.received(message.subarray(1));
    });
    socket.on('close', (code, reason) => handler?.closed(code, reason.toString()));
  }
}

class FarLink implements Link {
  readonly kind = 'relay';
  readonly peer = 'replica';
  readonly #socket: WebSocket;

  constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  send(frame: Uint8Array): void {
    if (frame.length > limits.frameBytes) throw new RangeError('frame too long');
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    const message = new Uint8Array(frame.length + 1);
    message[0] = 120;
    message.set(frame, 1);
    this.#socket.send(message);
  }

  close(code: CloseCode, reason: string): void {
    this.#socket.close(code, reason);
  }
}
