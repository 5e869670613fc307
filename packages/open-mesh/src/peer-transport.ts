import type { Transport } from '@mnemesh/core';
import { type MeshId, MnemeshError, type Runtime } from '@mnemesh/protocol';
import { type SignalingHost, serveSignaling } from '@mnemesh/signaling';
import type { PeerSettings } from './peer-settings.js';

/** Peer links, and the signaling that this process offers to others. WebRTC is loaded only here. @throws MnemeshError `bad_input` */
export async function peerTransport(
  mesh: MeshId,
  { secret, signaling = [], iceServers = [], signal }: PeerSettings,
  runtime: Runtime,
): Promise<Transport> {
  const { webrtcTransport } = await import('@mnemesh/transport-webrtc');
  const host = signal === undefined ? undefined : await offerSignaling(signal, runtime);
  const servers = host === undefined ? signaling : [...signaling, host.url];
  const opened = await webrtcTransport({
    mesh,
    secret,
    runtime,
    signaling: servers,
    iceServers,
  }).catch(async (error: unknown) => {
    await host?.close();
    throw error;
  });
  if (host === undefined) return opened;
  return {
    kind: opened.kind,
    address: opened.address,
    get state() {
      return opened.state;
    },
    ...(opened.signals === undefined ? {} : { signals: opened.signals }),
    ...(opened.invitations === undefined ? {} : { invitations: opened.invitations }),
    start: (accept, changed) => opened.start(accept, changed),
    admitted: (link) => opened.admitted(link),
    setOffline: (offline) => opened.setOffline(offline),
    close: async () => {
      await opened.close();
      await host.close();
    },
  };
}

/** A port that is taken is no reason not to open a mesh; others just find no signaling there. */
async function offerSignaling(where: string, runtime: Runtime): Promise<SignalingHost | undefined> {
  const { host, port } = parsePlace(where);
  try {
    const served = await serveSignaling({ host, port, runtime });
    runtime.log('info', 'offering signaling', { url: served.url });
    return served;
  } catch (error) {
    runtime.log('warn', 'signaling cannot be offered', { error: String(error) });
    return undefined;
  }
}

/** `7701`, `0.0.0.0:7701`, `[::1]:7701`. @throws MnemeshError `bad_input` */
function parsePlace(where: string): { readonly host: string; readonly port: number } {
  const parts = /^(?:(.+):)?(\d{1,5})$/.exec(where);
  const port = Number(parts?.[2]);
  if (parts === null || port > 65_535)
    throw new MnemeshError(
      'bad_input',
      `"${where}" is no place to signal at. Name a port, or HOST:PORT.`,
    );
  return { host: parts[1] ?? '127.0.0.1', port };
}
