import { type AgentIdentity, type Mesh, openReplica } from '@mnemesh/core';
import type { Log } from '@mnemesh/protocol';
import { lexicalRecall } from '@mnemesh/recall';
import { nodeRuntime, nodeSignatures } from '@mnemesh/runtime-node';
import { openSqliteStore } from '@mnemesh/storage-sqlite';
import { websocketTransport } from '@mnemesh/transport-websocket';
import { loadAgent } from './agent-keys.js';
import { isSwitchedOffline } from './offline-switch.js';
import { replicaDirectory } from './replica-directory.js';
import {
  checkSettings,
  type Explanation,
  explainSettings,
  type MeshOptions,
  type Settings,
} from './settings.js';

export interface OpenMeshOptions extends MeshOptions {
  readonly mesh: string;
  readonly agent: string;
  /** Told what the mesh does that nobody asked about. Silent when absent. */
  readonly log?: Log;
}

/**
 * Opens a mesh on this device: its replica in `data`, its agent's key (made on first use), and a
 * link to the relay if one is named. Reads and writes never wait for that link. A `mnemesh.json`
 * found upward from the working directory, and `MNEMESH_*` variables, override the options.
 * @throws MnemeshError `bad_input`, `store_in_use`, `store_too_new`, `store_failed`
 */
export async function openMesh(options: OpenMeshOptions): Promise<Mesh> {
  const { log, ...chosen } = options;
  return openSettings(checkSettings(explainSettings({ options: chosen })), log);
}

/** What `openMesh` would use for each setting, and where it comes from. Opens nothing. */
export function explainMesh(options: MeshOptions = {}): Explanation {
  return explainSettings({ options });
}

/** The agent of this name in a data directory; its key is made on first use. @throws MnemeshError `store_failed` */
export function openAgent(data: string, agent: string): Promise<AgentIdentity> {
  return loadAgent(agent, { data, runtime: nodeRuntime(), signatures: nodeSignatures });
}

/** Opens exactly what the settings say. */
export async function openSettings(settings: Settings, log?: Log): Promise<Mesh> {
  const { mesh: id, data, relay } = settings;
  const runtime = nodeRuntime(log === undefined ? {} : { log });
  const agent = await loadAgent(settings.agent, { data, runtime, signatures: nodeSignatures });
  const offline = isSwitchedOffline(data);
  const transports = relay === undefined ? [] : [websocketTransport({ url: relay, runtime })];
  // Before they start, so that not one packet leaves.
  if (offline) for (const transport of transports) transport.setOffline(true);
  const store = openSqliteStore({ directory: replicaDirectory(data), runtime });
  const signatures = nodeSignatures;
  try {
    const recall = lexicalRecall();
    const mesh = await openReplica({
      mesh: id,
      agent,
      store,
      transports,
      runtime,
      signatures,
      recall,
    });
    if (offline) mesh.setOffline(true);
    return mesh;
  } catch (error) {
    // Nobody else will: a carrier that was made holds timers, and the process would never end.
    await Promise.all(transports.map((transport) => transport.close()));
    throw error;
  }
}
