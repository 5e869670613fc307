import { limits, MnemeshError } from '@mnemesh/protocol';
import { WebSocket } from 'ws';
import type { RtcPlatform } from './rtc-platform.js';
import type { SocketClass } from './socket.js';

/** Characters of a sealed signal in base64, and of the JSON around it. */
const MESSAGE_BYTES = limits.signalBytes * 2;

class WsSocket extends WebSocket {
  constructor(url: string) {
    super(url, { perMessageDeflate: false, maxPayload: MESSAGE_BYTES });
  }
}

type Polyfill = typeof import('node-datachannel/polyfill');

/** Users of the native library in this process: its threads keep the process alive until they are ended. */
let users = 0;

/** Node's, by the optional package `node-datachannel`. @throws MnemeshError `bad_input` where it is not installed */
export async function loadPlatform(): Promise<RtcPlatform> {
  const { polyfill, cleanup } = await loadNative();
  users++;
  let released = false;
  return {
    wrtc: classes(polyfill),
    WebSocket: WsSocket as unknown as SocketClass,
    forgetExit: (listener) => process.off('exit', listener),
    release: () => {
      if (released) return;
      released = true;
      users--;
      if (users === 0) cleanup();
    },
  };
}

async function loadNative(): Promise<{ polyfill: Polyfill; cleanup: () => void }> {
  try {
    const polyfill = await import('node-datachannel/polyfill');
    const { cleanup } = await import('node-datachannel');
    return { polyfill, cleanup };
  } catch (cause) {
    throw new MnemeshError(
      'bad_input',
      'Links between peers need the package node-datachannel, which could not be loaded. Install it: npm install node-datachannel@0.33.4',
      { cause },
    );
  }
}

/** simple-peer assigns to the descriptions it is given; the polyfill's cannot be assigned to. */
function classes({ RTCPeerConnection, RTCSessionDescription, RTCIceCandidate }: Polyfill): object {
  class PlainConnection extends RTCPeerConnection {
    override async createOffer(): Promise<Description> {
      return plain(await super.createOffer());
    }
    override async createAnswer(): Promise<Description> {
      return plain(await super.createAnswer());
    }
  }
  return { RTCPeerConnection: PlainConnection, RTCSessionDescription, RTCIceCandidate };
}

type Description = Awaited<ReturnType<InstanceType<Polyfill['RTCPeerConnection']>['createOffer']>>;

function plain({ type, sdp }: Description): Description {
  return { type, sdp } as Description;
}
