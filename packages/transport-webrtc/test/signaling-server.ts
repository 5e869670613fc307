import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

/** A signaling server of y-webrtc's plain protocol that keeps all it was sent. */
export class FarServer {
  readonly messages: string[] = [];
  readonly #server: WebSocketServer;
  readonly #topics = new Map<WebSocket, Set<string>>();

  private constructor(server: WebSocketServer) {
    this.#server = server;
    server.on('connection', (socket) => this.#connected(socket));
  }

  static async open(port = 0): Promise<FarServer> {
    const server = new WebSocketServer({ host: '127.0.0.1', port, perMessageDeflate: false });
    await new Promise<void>((resolve, reject) => {
      server.once('listening', resolve);
      server.once('error', reject);
    });
    return new FarServer(server);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}`;
  }

  /** Says something to everybody, whatever they subscribed to. */
  shout(message: string | Uint8Array): void {
    for (const socket of this.#topics.keys()) socket.send(message);
  }

  /** Ends every connection without a word, as a killed server does. */
  async close(): Promise<void> {
    for (const socket of this.#server.clients) socket.terminate();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #connected(socket: WebSocket): void {
    const topics = new Set<string>();
    this.#topics.set(socket, topics);
    socket.on('error', () => undefined);
    socket.on('close', () => this.#topics.delete(socket));
    socket.on('message', (data) => {
      const text = String(data);
      this.messages.push(text);
      const message = JSON.parse(text) as {
        readonly type: string;
        readonly topic: string;
        readonly topics?: readonly string[];
      };
      if (message.type === 'ping') socket.send('{"type":"pong"}');
      if (message.type === 'subscribe') for (const topic of message.topics ?? []) topics.add(topic);
      if (message.type !== 'publish') return;
      for (const [other, subscribed] of this.#topics)
        if (subscribed.has(message.topic)) other.send(text);
    });
  }
}
