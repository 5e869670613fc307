import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { closeCodes, limits, MnemeshError } from '@mnemesh/protocol';
import type { SignalingServer } from '@mnemesh/signaling';
import { type ServerOptions, type WebSocket, WebSocketServer } from 'ws';
import { isFromThisMachine, isLoopback } from './loopback.js';
import type { Relay } from './relay.js';
import { RoomSocket } from './rooms/room-socket.js';
import type { Rooms } from './rooms/rooms.js';
import { WebSocketLink } from './websocket-link.js';

export interface ServeRelayOptions {
  /** Closed with the server. */
  readonly relay: Relay;
  /** Plain rooms, at every path that is no mesh's; without them such paths are refused. Closed with the server. */
  readonly rooms?: Rooms;
  /** Signaling for WebRTC, at `/signal`; without it that is a room like any other path. Closed with the server. */
  readonly signaling?: SignalingServer;
  /** Other services by HTTP, by path: `/mcp`. Each is asked only by programs and pages of this machine. */
  readonly routes?: Readonly<Record<string, HttpRoute>>;
  /**
   * Answers whatever is no route's path, likewise: the pages of a console. Without it a request is told what this is,
   * and so is a program that asks where replicas connect.
   */
  readonly pages?: HttpRoute;
  /** Loopback, as long as meshes have no root key. */
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
}

/** Answers a request, and does not throw. */
export type HttpRoute = (request: IncomingMessage, response: ServerResponse) => void;

export interface RelayServer {
  readonly host: string;
  readonly port: number;
  /** What replicas connect to. */
  readonly url: string;
  /** Stops accepting, commits what is pending, tells the links and closes them. Idempotent. */
  close(): Promise<void>;
}

/** Where meshes are served; which mesh is said in hello. Any other path is the name of a plain y-websocket room. */
const MESH_PATH = '/mesh';
/** Where peers find each other, by the plain protocol of y-webrtc. */
const SIGNAL_PATH = '/signal';
/** Where plain clients join prose documents: `/prose/MESH/ID`, or `/prose/MESH/NAMESPACE/ID`. */
const PROSE_PATH = '/prose/';
/** Bytes of the y-websocket message type before a frame, with room to spare. */
const MESSAGE_OVERHEAD = 16;
/** Milliseconds a closing server waits for peers to answer its close frames. */
const DRAIN_MS = 2_000;
/** Milliseconds a closed link may take to answer before its socket is destroyed. */
const CLOSE_MS = 5_000;

/** `closeTimeout` is an option of ws 8.19 and later that its types do not know. */
function socketServer(messageBytes: number): WebSocketServer {
  const options: ServerOptions & { readonly closeTimeout: number } = {
    noServer: true,
    perMessageDeflate: false,
    maxPayload: messageBytes + MESSAGE_OVERHEAD,
    closeTimeout: CLOSE_MS,
  };
  return new WebSocketServer(options);
}

/**
 * Serves a relay over WebSocket.
 * @throws MnemeshError `not_permitted` for a host that others could reach, `bad_input` for a port in use
 */
export async function serveRelay(options: ServeRelayOptions): Promise<RelayServer> {
  const { host, port } = options;
  if (!isLoopback(host)) {
    throw new MnemeshError(
      'not_permitted',
      `Without a root key nobody's right to read or write can be checked, so the relay listens on this machine only. Use --host 127.0.0.1 instead of "${host}".`,
    );
  }
  const server = createServer((request, response) => answer(options, request, response));
  const served = serving(options);
  server.on('upgrade', (request, socket, head) => upgrade(served, request, socket, head));
  server.on('clientError', (_error, socket) => socket.destroy());
  await listen(server, host, port);
  const bound = (server.address() as AddressInfo).port;
  let closing: Promise<void> | undefined;
  return {
    host,
    port: bound,
    url: `ws://${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${bound}`,
    close: () => {
      closing ??= closeServer(server, served);
      return closing;
    },
  };
}

function answer(
  { routes = {}, pages }: ServeRelayOptions,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const path = pathOf(request);
  // A program that asks where replicas connect wants to know whether this is a relay; a browser may have a page there.
  const isAsked = path === MESH_PATH && request.headers.accept?.includes('text/html') !== true;
  const others = isAsked ? undefined : pages;
  const route = Object.hasOwn(routes, path) ? routes[path] : others;
  if (route === undefined) {
    response.writeHead(426, { 'content-type': 'text/plain' });
    response.end(
      `This is a Mnemesh relay. Connect to ${MESH_PATH} by WebSocket, or to /ROOM by the y-websocket protocol.\n`,
    );
  } else if (isFromThisMachine(request.headers)) route(request, response);
  else {
    response.writeHead(403, { 'content-type': 'text/plain' });
    response.end('Only programs and pages of this machine may ask this.\n');
  }
}

function pathOf({ url = '/' }: IncomingMessage): string {
  return url.split('?', 1)[0] as string;
}

/** What is served, and the sockets of each kind: their longest messages differ. */
interface Serving {
  readonly relay: Relay;
  readonly rooms: Rooms | undefined;
  readonly meshSockets: WebSocketServer;
  readonly roomSockets: WebSocketServer;
  readonly proseSockets: WebSocketServer;
  readonly signaling: SignalingServer | undefined;
  readonly signalingSockets: WebSocketServer | undefined;
}

function serving({ relay, rooms, signaling }: ServeRelayOptions): Serving {
  const meshSockets = socketServer(limits.frameBytes);
  const proseSockets = socketServer(relay.prose.messageBytes);
  const roomSockets = rooms === undefined ? meshSockets : socketServer(rooms.messageBytes);
  const signalingSockets =
    signaling === undefined ? undefined : socketServer(signaling.messageBytes);
  return { relay, rooms, meshSockets, roomSockets, proseSockets, signaling, signalingSockets };
}

function upgrade(served: Serving, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  socket.on('error', () => socket.destroy());
  if (!isFromThisMachine(request.headers)) {
    socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n');
    return;
  }
  const path = pathOf(request);
  const { rooms, meshSockets, roomSockets, proseSockets, signaling, signalingSockets } = served;
  if (path === SIGNAL_PATH && signaling !== undefined) {
    signalingSockets?.handleUpgrade(request, socket, head, (opened) => signaling.accept(opened));
    return;
  }
  if (path.startsWith(PROSE_PATH)) {
    proseSockets.handleUpgrade(request, socket, head, (opened) => {
      const carrier = new RoomSocket(opened, peerOf(request));
      carrier.attach(served.relay.prose.accept(carrier, path.slice(PROSE_PATH.length)));
    });
    return;
  }
  if (rooms === undefined || path === MESH_PATH || path.startsWith(`${MESH_PATH}/`)) {
    meshSockets.handleUpgrade(request, socket, head, (opened) => {
      if (path === MESH_PATH) serveMesh(opened, request, served.relay);
      else refusePath(opened, path);
    });
    return;
  }
  roomSockets.handleUpgrade(request, socket, head, (opened) => {
    const carrier = new RoomSocket(opened, peerOf(request));
    carrier.attach(rooms.accept(carrier, path.slice(1)));
  });
}

function serveMesh(opened: WebSocket, request: IncomingMessage, relay: Relay): void {
  const link = new WebSocketLink(opened, peerOf(request));
  link.attach(relay.accept(link));
}

function peerOf({
  socket: { remoteAddress = 'unknown', remotePort = 0 },
}: IncomingMessage): string {
  return `${remoteAddress}:${remotePort}`;
}

function refusePath(opened: WebSocket, path: string): void {
  opened.on('error', () => undefined);
  const reason = `Nothing is served at ${path.slice(0, 40)}; a mesh is at ${MESH_PATH}.`;
  opened.close(closeCodes.notPermitted, reason);
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const message =
        cause.code === 'EADDRINUSE'
          ? `Port ${port} is in use. Stop what listens there, or use another --port.`
          : `Cannot listen on ${host}:${port}: ${cause.message}.`;
      reject(new MnemeshError('bad_input', message, { cause }));
    });
    server.listen({ host: host.replace(/^\[|\]$/g, ''), port }, () => {
      server.removeAllListeners('error');
      server.on('error', () => undefined);
      resolve();
    });
  });
}

async function closeServer(server: Server, served: Serving): Promise<void> {
  const stopped = new Promise<void>((resolve) => server.close(() => resolve()));
  served.signaling?.close();
  await Promise.all([served.rooms?.close(), served.relay.close()]);
  const { meshSockets, roomSockets, proseSockets, signalingSockets } = served;
  const sockets = [
    ...meshSockets.clients,
    ...roomSockets.clients,
    ...proseSockets.clients,
    ...(signalingSockets?.clients ?? []),
  ];
  const timer = setTimeout(() => {
    for (const socket of sockets) socket.terminate();
  }, DRAIN_MS);
  await Promise.all(sockets.map(untilClosed));
  clearTimeout(timer);
  server.closeAllConnections();
  await stopped;
}

function untilClosed(socket: WebSocket): Promise<void> {
  if (socket.readyState === socket.CLOSED) return Promise.resolve();
  return new Promise((resolve) => socket.once('close', () => resolve()));
}
