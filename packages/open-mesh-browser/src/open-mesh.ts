import {
  type AgentIdentity,
  type AuthorKind,
  type Mesh,
  parseAgentName,
  Replica,
  sessionOf,
  type Transport,
} from '@mnemesh/core';
import {
  type AgentId,
  type Log,
  type MeshId,
  parseMeshId,
  type Runtime,
  toHex,
} from '@mnemesh/protocol';
import { lexicalRecall } from '@mnemesh/recall';
import { BrowserSignatures, browserKeys, browserRuntime } from '@mnemesh/runtime-browser';
import { openIndexedDbStore } from '@mnemesh/storage-indexeddb';
import { websocketTransport } from '@mnemesh/transport-websocket';

export interface OpenMeshOptions {
  /** Name of the mesh: a-z, 0-9, ".", "_" and "-". */
  readonly mesh: string;
  /** Name of the agent, as people know it. Its key is made on first use, and cannot be read by the page. */
  readonly agent: string;
  /** Address of a relay, `wss://relay.example`. Without one, everything stays in this browser. */
  readonly relay?: string;
  /** Links to the peers of the mesh, which go on when the relay does not. Without it there are none. */
  readonly webrtc?: PeerOptions;
  /** Whose key it is, when it is made now. Default `agent`. */
  readonly kind?: AuthorKind;
  /** Told what the mesh does that nobody asked about. Silent when absent. */
  readonly log?: Log;
}

export interface PeerOptions {
  /** Shared by the members of the mesh and nobody else: that of the code `mnemesh invite` prints. */
  readonly secret: string;
  /** Signaling servers besides the links of the mesh: `wss://relay.example/signal`. Default none. */
  readonly signaling?: readonly string[];
  /** STUN and TURN servers. Default none: peers of one network need none. */
  readonly iceServers?: readonly {
    readonly urls: string | readonly string[];
    readonly username?: string;
    readonly credential?: string;
  }[];
}

/**
 * Opens a mesh in this page: its replica in IndexedDB, and a link to the relay if one is named. Reads and
 * writes never wait for that link. One page of a site can have a mesh open.
 * @throws MnemeshError `bad_input`, `store_too_new`, `store_failed`; `store_in_use` when another tab has it open
 */
export async function openMesh(options: OpenMeshOptions): Promise<Mesh> {
  const mesh = parseMeshId(options.mesh);
  const name = parseAgentName(options.agent);
  const { log } = options;
  const runtime = browserRuntime(log === undefined ? {} : { log });
  const signatures = new BrowserSignatures();
  const agent = await loadAgent(name, signatures, options.kind);
  const transports = await openTransports(options, mesh, runtime);
  try {
    const store = openIndexedDbStore({ runtime });
    const recall = lexicalRecall();
    const replica = await Replica.open({ mesh, store, transports, runtime, signatures, recall });
    return sessionOf(replica, agent);
  } catch (error) {
    // Nobody else will: a carrier that was made holds timers.
    await Promise.all(transports.map((transport) => transport.close()));
    throw error;
  }
}

/** WebRTC is loaded by pages that want it. */
async function openTransports(
  { relay, webrtc }: OpenMeshOptions,
  mesh: MeshId,
  runtime: Runtime,
): Promise<readonly Transport[]> {
  const peers: Transport[] = [];
  if (webrtc !== undefined) {
    const { webrtcTransport } = await import('@mnemesh/transport-webrtc');
    peers.push(await webrtcTransport({ ...webrtc, mesh, runtime }));
  }
  return relay === undefined ? peers : [websocketTransport({ url: relay, runtime }), ...peers];
}

/** The agent's public key stands for its seed: the private one stays in the browser. */
async function loadAgent(
  name: string,
  signatures: BrowserSignatures,
  kind?: AuthorKind,
): Promise<AgentIdentity> {
  const key = await browserKeys(name, kind === undefined ? {} : { kind });
  signatures.know(key.publicKey, key.privateKey);
  return { id: toHex(key.publicKey) as AgentId, name, seed: key.publicKey, kind: key.kind };
}
