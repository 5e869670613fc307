import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** What crossed one connection, both ways, with everything TCP carried. */
export interface Traffic {
  /** By `performance.now()`. */
  readonly openedAt: number;
  readonly up: number;
  readonly down: number;
}

export interface CountingProxy {
  /** What a client connects to in place of the server. */
  readonly url: string;
  /** Connections that reached the server, oldest first. */
  readonly connections: readonly Traffic[];
}

/** Passes everything on to the server at `url` and counts it. A server that is gone ends the connection. */
export async function startCountingProxy(url: string): Promise<CountingProxy> {
  const { hostname, port, pathname } = new URL(url);
  const connections: Traffic[] = [];
  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ host: hostname, port: Number(port), noDelay: true });
    const traffic = { openedAt: performance.now(), up: 0, down: 0 };
    far.once('connect', () => connections.push(traffic));
    pass(near, far, (bytes) => {
      traffic.up += bytes;
    });
    pass(far, near, (bytes) => {
      traffic.down += bytes;
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const own = server.address() as AddressInfo;
  return { url: `ws://127.0.0.1:${own.port}${pathname === '/' ? '' : pathname}`, connections };
}

function pass(from: Socket, to: Socket, count: (bytes: number) => void): void {
  from.on('data', (chunk: Buffer) => {
    count(chunk.length);
    to.write(chunk);
  });
  from.on('error', () => to.destroy());
  from.on('close', () => to.destroy());
}
