import { answerCalls } from '@mnemesh/testing-browser/page';
import { WebrtcProvider } from 'y-webrtc';
import { Doc } from 'yjs';

/** A page of a Yjs program that knows nothing of Mnemesh. */
const doc = new Doc();
let provider: WebrtcProvider | undefined;

answerCalls({
  join: (signaling: string, password: string | null) => {
    provider = new WebrtcProvider('harbour', doc, {
      signaling: [signaling],
      ...(password === null ? {} : { password }),
      // No server of others: both ends are on this machine.
      peerOpts: { config: { iceServers: [] } },
    });
  },
  write: (key: string, value: string) => void doc.getMap('ferries').set(key, value),
  shown: () => doc.getMap('ferries').toJSON(),
  peers: () => provider?.room?.webrtcConns.size ?? 0,
  leave: () => provider?.destroy(),
});
