import type { SocketClass } from './socket.js';

/** What this package takes from the platform it runs on. */
export interface RtcPlatform {
  /** The classes simple-peer is to use; undefined where it finds those of the browser. */
  readonly wrtc: object | undefined;
  readonly WebSocket: SocketClass;
  /** Takes off a listener for the end of the page or the process. */
  forgetExit(listener: () => void): void;
  /** Nothing of the caller uses it any more. Idempotent. */
  release(): void;
}
