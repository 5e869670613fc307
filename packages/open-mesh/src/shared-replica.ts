import { join } from 'node:path';
import { parseAgentName, Replica, type Transport } from '@mnemesh/core';
import type { SharedOptions } from '@mnemesh/holder-socket';
import type { Runtime } from '@mnemesh/protocol';
import { type Embedder, httpEmbedder, lexicalRecall } from '@mnemesh/recall';
import { nodeSignatures } from '@mnemesh/runtime-node';
import { openSqliteStore } from '@mnemesh/storage-sqlite';
import { websocketTransport } from '@mnemesh/transport-websocket';
import { loadAgent } from './agent-keys.js';
import { isSwitchedOffline } from './offline-switch.js';
import { readPeerSettings } from './peer-settings.js';
import { peerTransport } from './peer-transport.js';
import { replicaDirectory } from './replica-directory.js';
import type { EmbeddingSettings, Settings } from './settings.js';
import { ownSurroundings } from './surroundings.js';
import { VERSION } from './version.js';

/** What a holder needs of the settings: it acts for no agent of its own. */
export type HolderSettings = Pick<Settings, 'mesh' | 'data' | 'relay' | 'webrtc' | 'embedding'>;

/** How a replica is opened and shared by what the settings say, in whatever process that is. */
export function sharing(
  settings: HolderSettings,
  runtime: Runtime,
): Omit<SharedOptions, 'agent' | 'startHolder'> {
  const { mesh, data, relay } = settings;
  return {
    mesh,
    data,
    relay,
    openReplica: () => openReplicaHere(settings, runtime),
    // The name becomes part of a path, whoever sent it.
    agentNamed: async (name) =>
      loadAgent(parseAgentName(name), { data, runtime, signatures: nodeSignatures }),
    runtime,
    version: VERSION,
  };
}

/** @throws MnemeshError `bad_input`, `store_in_use`, `store_too_new`, `store_failed` */
export async function openReplicaHere(
  settings: HolderSettings,
  runtime: Runtime,
): Promise<Replica> {
  const { mesh, data, embedding } = settings;
  const offline = isSwitchedOffline(data);
  const transports = await openTransports(settings, runtime);
  // Before they start, so that not one packet leaves.
  if (offline) for (const transport of transports) transport.setOffline(true);
  const store = openSqliteStore({ directory: replicaDirectory(data), runtime });
  try {
    const signatures = nodeSignatures;
    const replica = await Replica.open({
      mesh,
      store,
      transports,
      runtime,
      signatures,
      recall: lexicalRecall(
        embedding === undefined ? {} : { embedder: embedderOf(embedding, runtime) },
      ),
    });
    if (offline) replica.setOffline(true);
    return replica;
  } catch (error) {
    // Nobody else will: a carrier that was made holds timers, and the process would never end.
    await Promise.all(transports.map((transport) => transport.close()));
    throw error;
  }
}

async function openTransports(
  { mesh, data, relay, webrtc }: HolderSettings,
  runtime: Runtime,
): Promise<readonly Transport[]> {
  const peers = webrtc === 'none' ? undefined : (webrtc ?? (await readPeerSettings(data, mesh)));
  const transports = relay === undefined ? [] : [websocketTransport({ url: relay, runtime })];
  try {
    if (peers !== undefined) transports.push(await peerTransport(mesh, peers, runtime));
    return transports;
  } catch (error) {
    await Promise.all(transports.map((transport) => transport.close()));
    throw error;
  }
}

/** Its key is a secret: it is neither in a file nor in a command line. */
function embedderOf({ url, model }: EmbeddingSettings, runtime: Runtime): Embedder {
  const apiKey = ownSurroundings().env.MNEMESH_EMBEDDER_KEY || undefined;
  return httpEmbedder({ url, model, runtime, ...(apiKey === undefined ? {} : { apiKey }) });
}

/** Where the holder of a mesh keeps what is its own: its log, and the mark of its start. */
export function holderFile(data: string, mesh: string, ending: 'log' | 'starting'): string {
  return join(data, 'hold', `${mesh}.${ending}`);
}
