import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MnemeshError } from '@mnemesh/protocol';
import { type WebSocket, WebSocketServer } from 'ws';
import { SignalingServer, type SignalingServerOptions } from './signaling-server.js';

export interface SignalingHostOptions extends SignalingServerOptions {
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
}

export interface SignalingHost {
  /** What peers name as their signaling server. */
  readonly url: string;
  readonly server: SignalingServer;
  /** Idempotent. */
  close(): Promise<void>;
}

/** Milliseconds a closing server waits for its clients to answer. */
const DRAIN_MS = 1_000;

/** Serves signaling on a port of its own. @throws MnemeshError `bad_input` for a port in use */
export async function serveSignaling(options: SignalingHostOptions): Promise<SignalingHost> {
  const { host, port } = options;
  const server = new SignalingServer(options);
  const http = createServer((_, response) => {
    response.writeHead(426, { 'content-type': 'text/plain' });
    response.end('This is a signaling server for WebRTC. Connect to it by WebSocket.\n');
  });
  const sockets = new WebSocketServer({
    server: http,
    perMessageDeflate: false,
    maxPayload: server.messageBytes,
  });
  sockets.on('connection', (socket: WebSocket) => server.accept(socket));
  // Errors of the HTTP server arrive here too; `listen` tells them.
  sockets.on('error', () => undefined);
  await listen(http, host, port);
  const bound = (http.address() as AddressInfo).port;
  let closing: Promise<void> | undefined;
  return {
    url: `ws://${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${bound}`,
    server,
    close: () => {
      closing ??= close(http, sockets, server);
      return closing;
    },
  };
}

function listen(http: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    http.once('error', (cause: NodeJS.ErrnoException) => {
      const message =
        cause.code === 'EADDRINUSE'
          ? `Port ${port} is in use. Stop what listens there, or signal on another port.`
          : `Cannot listen on ${host}:${port}: ${cause.message}.`;
      reject(new MnemeshError('bad_input', message, { cause }));
    });
    http.listen({ host: host.replace(/^\[|\]$/g, ''), port }, resolve);
  });
}

async function close(
  http: Server,
  sockets: WebSocketServer,
  server: SignalingServer,
): Promise<void> {
  const stopped = new Promise<void>((resolve) => http.close(() => resolve()));
  const timer = setTimeout(() => {
    for (const socket of sockets.clients) socket.terminate();
    // One that has asked for nothing yet is not idle to Node, and would be waited for.
    http.closeAllConnections();
  }, DRAIN_MS);
  server.close();
  http.closeIdleConnections();
  await stopped;
  clearTimeout(timer);
}
