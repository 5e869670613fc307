import { MnemeshError } from '@mnemesh/protocol';
import type { RtcPlatform } from './rtc-platform.js';
import type { SocketClass } from './socket.js';

interface Page {
  readonly RTCPeerConnection?: unknown;
  readonly WebSocket: SocketClass;
  removeEventListener(event: 'beforeunload', listener: () => void): void;
}

/** The browser's own. Bundlers take this module where `browser` is among their conditions. @throws MnemeshError `bad_input` */
export async function loadPlatform(): Promise<RtcPlatform> {
  const page = globalThis as unknown as Page;
  if (page.RTCPeerConnection === undefined)
    throw new MnemeshError(
      'bad_input',
      'There is no WebRTC here: workers have none. Open peer links in a page.',
    );
  return {
    wrtc: undefined,
    WebSocket: page.WebSocket,
    forgetExit: (listener) => page.removeEventListener('beforeunload', listener),
    release: () => undefined,
  };
}
