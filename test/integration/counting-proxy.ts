import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

export type Way = 'up' | 'down';

/**
 * What crossed one connection after the WebSocket upgrade: every byte of TCP payload behind the
 * blank line that ends the HTTP request, or the HTTP response. So WebSocket headers and masks
 * count; the upgrade itself and what TCP and IP add do not.
 */
export interface Traffic {
  /** From the replica to the relay. */
  readonly up: number;
  readonly down: number;
  /** Runs of payload in one direction, in order: `up, down` is one round trip. */
  readonly turns: readonly Way[];
}

export interface CountingProxy {
  /** What a replica connects to in place of the relay. */
  readonly url: string;
  /** Of each connection since the proxy started, oldest first. */
  readonly connections: readonly Traffic[];
  /** Breaks every connection without a word. */
  cut(): void;
  /** From now on a connection breaks after this many bytes from the relay; undefined lets all pass. */
  downBytesAllowed: number | undefined;
}

/** A TCP proxy before the relay at `url` that counts what passes and changes nothing. */
export async function startCountingProxy(url: string): Promise<CountingProxy> {
  const { hostname, port } = new URL(url);
  const connections: CountedConnection[] = [];
  const cut = (): void => {
    for (const connection of connections) connection.cut();
  };
  const proxy = { url: '', connections, cut, downBytesAllowed: undefined as number | undefined };
  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ host: hostname, port: Number(port), noDelay: true });
    connections.push(new CountedConnection(near, far, proxy.downBytesAllowed));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    cut();
    server.close();
    await once(server, 'close');
  });
  const own = server.address() as AddressInfo;
  proxy.url = `ws://127.0.0.1:${own.port}`;
  return proxy;
}

class CountedConnection implements Traffic {
  up = 0;
  down = 0;
  readonly turns: Way[] = [];
  readonly #near: Socket;
  readonly #far: Socket;

  readonly #downBytesAllowed: number;

  constructor(near: Socket, far: Socket, downBytesAllowed = Number.POSITIVE_INFINITY) {
    this.#near = near;
    this.#far = far;
    this.#downBytesAllowed = downBytesAllowed;
    this.#pass(near, far, 'up');
    this.#pass(far, near, 'down');
  }

  cut(): void {
    this.#near.destroy();
    this.#far.destroy();
  }

  #pass(from: Socket, to: Socket, way: Way): void {
    const head = new HttpHead();
    from.on('data', (chunk: Buffer) => {
      const bytes = head.bytesBehind(chunk);
      this.#count(way, bytes);
      const excess = Math.max(0, this.down - this.#downBytesAllowed);
      if (excess === 0) to.write(chunk);
      else this.#breakOff(chunk.subarray(0, Math.max(0, chunk.length - excess)));
    });
    from.on('end', () => to.end());
    from.on('error', () => to.destroy());
    from.on('close', () => to.end());
  }

  /** The last bytes still arrive; then the replica sees the end of the connection, and no close frame. */
  #breakOff(last: Buffer): void {
    this.#far.destroy();
    if (!this.#near.writableEnded) this.#near.end(last);
  }

  #count(way: Way, bytes: number): void {
    if (bytes === 0) return;
    this[way] += bytes;
    if (this.turns.at(-1) !== way) this.turns.push(way);
  }
}

const HEAD_END = '\r\n\r\n';

/** Finds the end of one direction's HTTP head, wherever TCP cuts it. */
class HttpHead {
  #tail = '';
  #over = false;

  /** How many bytes of this chunk lie behind the head. */
  bytesBehind(chunk: Buffer): number {
    if (this.#over) return chunk.length;
    const text = this.#tail + chunk.toString('latin1');
    const end = text.indexOf(HEAD_END);
    if (end < 0) {
      this.#tail = text.slice(-HEAD_END.length + 1);
      return 0;
    }
    this.#over = true;
    return text.length - end - HEAD_END.length;
  }
}
