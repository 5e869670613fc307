import type { SocketClass } from './socket.js';

/** The browser's own. Bundlers take this module where `browser` is among their conditions. */
export const { WebSocket: platformSocket } = globalThis as unknown as {
  readonly WebSocket: SocketClass;
};
