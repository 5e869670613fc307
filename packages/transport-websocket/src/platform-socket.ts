import { WebSocket } from 'ws';
import { carrierMessageBytes } from './carrier-message.js';
import type { SocketClass } from './socket.js';

/** Compression is off: it costs memory for each link and frames are packed already. */
class WsSocket extends WebSocket {
  constructor(url: string) {
    super(url, { perMessageDeflate: false, maxPayload: carrierMessageBytes });
  }
}

/** Node's socket. A browser is served `platform-socket.browser.ts` in place of this module. */
export const platformSocket = WsSocket as unknown as SocketClass;
