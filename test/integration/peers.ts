import type { Mesh, ReplicaOptions, Transport } from '@mnemesh/core';
import type { Link } from '@mnemesh/protocol';
import { newMeshSecret, parseMeshId } from '@mnemesh/protocol';
import { nodeRuntime } from '@mnemesh/runtime-node';
import { type SignalingHost, serveSignaling } from '@mnemesh/signaling';
import {
  type PeerTransport,
  type WebrtcTransportOptions,
  webrtcTransport,
} from '@mnemesh/transport-webrtc';
import { websocketTransport } from '@mnemesh/transport-websocket';
import { onTestFinished } from 'vitest';
import { startReplica, temporaryDirectory } from './place.js';

export const runtime = nodeRuntime({ log: () => undefined });
export const secret = newMeshSecret(runtime);

export interface Peer {
  readonly mesh: Mesh;
  readonly peers: PeerTransport;
  /** The most bytes any of its links had waiting, among all looks at them. */
  readonly mostBuffered: () => number;
}

export interface PeerOptions {
  readonly relay?: string;
  readonly webrtc?: Partial<WebrtcTransportOptions>;
  readonly replica?: Partial<ReplicaOptions>;
  readonly directory?: string;
  /** Called with each frame that comes over one of its links. */
  readonly onFrame?: (frame: Uint8Array) => void;
}

/** A signaling server that ends with the test. */
export async function startSignaling(port = 0): Promise<SignalingHost> {
  const signaling = await serveSignaling({ host: '127.0.0.1', port, runtime });
  onTestFinished(() => signaling.close());
  return signaling;
}

/** A replica with peer links, and a relay if one is named. */
export async function startPeer(name: string, options: PeerOptions = {}): Promise<Peer> {
  const mesh = parseMeshId('team');
  const peers = await webrtcTransport({ mesh, secret, runtime, ...options.webrtc });
  const watched = watching(peers, options.onFrame);
  const { relay } = options;
  const transports: Transport[] = [watched.transport];
  if (relay !== undefined) transports.push(websocketTransport({ url: relay, runtime }));
  const directory = options.directory ?? (await temporaryDirectory());
  const opened = await startReplica(directory, name, undefined, {
    ...options.replica,
    transports,
  });
  return { mesh: opened, peers, mostBuffered: watched.most };
}

export function linksTo(kind: 'peer' | 'relay', { mesh }: Peer): number {
  return mesh.status.transports
    .filter((transport) => transport.kind === kind)
    .reduce((sum, { links }) => sum + links, 0);
}

/** Bytes and messages its data channels have carried, as the platform counts them. */
export async function carried({
  peers,
}: {
  readonly peers: Pick<PeerTransport, 'connections'>;
}): Promise<{
  readonly bytesSent: number;
  readonly bytesReceived: number;
}> {
  let [bytesSent, bytesReceived] = [0, 0];
  for (const connection of peers.connections) {
    const report = (await connection.getStats()) as ReadonlyMap<
      string,
      {
        readonly type: string;
        readonly bytesSent?: number;
        readonly bytesReceived?: number;
      }
    >;
    for (const stats of report.values()) {
      if (stats.type !== 'data-channel' && stats.type !== 'transport') continue;
      bytesSent = Math.max(bytesSent, stats.bytesSent ?? 0);
      bytesReceived = Math.max(bytesReceived, stats.bytesReceived ?? 0);
    }
  }
  return { bytesSent, bytesReceived };
}

/** The transport as it is; each frame handed to one of its links is a look at what waits there. */
function watching(
  transport: PeerTransport,
  onFrame: (frame: Uint8Array) => void = () => undefined,
): { transport: Transport; most: () => number } {
  let most = 0;
  const watched: Transport = {
    kind: transport.kind,
    address: transport.address,
    get state() {
      return transport.state;
    },
    ...(transport.signals === undefined ? {} : { signals: transport.signals }),
    ...(transport.invitations === undefined ? {} : { invitations: transport.invitations }),
    start: (accept, changed) =>
      transport.start((link) => {
        const seen: Link = {
          kind: link.kind,
          peer: link.peer,
          get bufferedBytes() {
            return link.bufferedBytes;
          },
          send: (frame) => {
            link.send(frame);
            most = Math.max(most, link.bufferedBytes);
          },
          close: (code, reason) => link.close(code, reason),
        };
        originals.set(seen, link);
        const handler = accept(seen);
        return {
          received: (frame) => {
            onFrame(frame);
            handler.received(frame);
          },
          closed: (code, reason) => handler.closed(code, reason),
        };
      }, changed),
    admitted: (link) => transport.admitted(originals.get(link) ?? link),
    setOffline: (offline) => transport.setOffline(offline),
    close: () => transport.close(),
  };
  return { transport: watched, most: () => most };
}

const originals = new WeakMap<Link, Link>();
