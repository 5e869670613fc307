import {
  type AgentIdentity,
  type AuthorKind,
  type Mesh,
  parseAgentName,
  Replica,
  type ReplicaStoreOpener,
  sessionOf,
  type Transport,
} from '@mnemesh/core';
import {
  type AgentId,
  type Log,
  type MeshId,
  MnemeshError,
  parseMeshId,
  type Runtime,
  toHex,
} from '@mnemesh/protocol';
import { lexicalRecall } from '@mnemesh/recall';
import {
  BrowserSignatures,
  browserKeys,
  browserRoom,
  browserRuntime,
} from '@mnemesh/runtime-browser';
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
  /**
   * How its documents are kept: as rows of one database, or each in a database that any Yjs program can open, which
   * takes more room and time. A mesh that was kept the other way is moved. Default `indexeddb`.
   */
  readonly storage?: StorageKind;
  /** Told what the mesh does that nobody asked about. Silent when absent. */
  readonly log?: Log;
}

export type StorageKind = 'indexeddb' | 'y-indexeddb';

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
    const store = await openStorage(options.storage, runtime);
    const recall = lexicalRecall();
    const room = browserRoom();
    const replica = await Replica.open({
      mesh,
      store,
      transports,
      runtime,
      signatures,
      recall,
      room,
    });
    return sessionOf(replica, agent);
  } catch (error) {
    // Nobody else will: a carrier that was made holds timers.
    await Promise.all(transports.map((transport) => transport.close()));
    throw error;
  }
}

/** What keeps documents for other Yjs programs is loaded by pages that want it, or have it. */
async function openStorage(
  kind: StorageKind = 'indexeddb',
  runtime: Runtime,
): Promise<ReplicaStoreOpener> {
  const load = () => import('@mnemesh/storage-y-indexeddb');
  if (kind === 'y-indexeddb') return (await load()).openYIndexedDbStore({ runtime });
  if (kind !== 'indexeddb')
    throw new MnemeshError('bad_input', `storage is 'indexeddb' or 'y-indexeddb', not '${kind}'.`);
  const findPlace = async (name: string) =>
    name === 'y-indexeddb' ? (await load()).yIndexedDbPlace({ runtime }) : undefined;
  return openIndexedDbStore({ runtime, findPlace });
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
