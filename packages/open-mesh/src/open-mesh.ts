import { type AgentIdentity, type AuthorKind, type Mesh, sessionOf } from '@mnemesh/core';
import { openShared } from '@mnemesh/holder-socket';
import type { Log } from '@mnemesh/protocol';
import { nodeRuntime, nodeSignatures } from '@mnemesh/runtime-node';
import { loadAgent } from './agent-keys.js';
import { type PeerSettings, parsePeerSettings } from './peer-settings.js';
import {
  checkSettings,
  type Explanation,
  explainSettings,
  type MeshOptions,
  type Settings,
} from './settings.js';
import { openReplicaHere, sharing } from './shared-replica.js';
import { startHolder } from './start-holder.js';

/**
 * Which process has the store open, when several use one replica:
 *
 * - `here` (the default): this one, if none has it; else it attaches to the one that has.
 * - `apart`: a process of its own, started when there is none. It ends when nobody needs it.
 * - `none`: this one, and it lets nobody in.
 */
export type HolderChoice = 'here' | 'apart' | 'none';

export interface OpenMeshOptions extends MeshOptions {
  readonly mesh: string;
  readonly agent: string;
  readonly holder?: HolderChoice;
  /**
   * Links to the peers of the mesh, which go on when the relay does not. Without it, those that `mnemesh invite`
   * or `mnemesh join` set up on this device, if any; `none` for no peer links. Whichever process holds the
   * replica links it, by its own settings.
   */
  readonly webrtc?: PeerSettings | 'none';
  /** Told what the mesh does that nobody asked about. Silent when absent. */
  readonly log?: Log;
}

/**
 * Opens a mesh on this device: its replica in `data`, its agent's key (made on first use), and a
 * link to the relay if one is named. Reads and writes never wait for that link. Processes that open
 * one mesh in one data directory share its replica; each acts as its own agent. A `mnemesh.json`
 * found upward from the working directory, and `MNEMESH_*` variables, override the options.
 * @throws MnemeshError `bad_input`, `store_too_new`, `store_failed`; `store_in_use` when a process has
 *   the store and lets nobody in
 */
export async function openMesh(options: OpenMeshOptions): Promise<Mesh> {
  const { log, holder, webrtc, ...chosen } = options;
  const settings = checkSettings(explainSettings({ options: chosen }));
  const peers =
    webrtc === undefined || webrtc === 'none' ? webrtc : parsePeerSettings(webrtc as unknown);
  return openSettings(peers === undefined ? settings : { ...settings, webrtc: peers }, log, holder);
}

/** What `openMesh` would use for each setting, and where it comes from. Opens nothing. */
export function explainMesh(options: MeshOptions = {}): Explanation {
  return explainSettings({ options });
}

/**
 * The agent of this name in a data directory; its key is made on first use.
 * @param kind what a key that is made now says of itself, for good
 * @throws MnemeshError `store_failed`
 */
export function openAgent(data: string, agent: string, kind?: AuthorKind): Promise<AgentIdentity> {
  return loadAgent(agent, {
    data,
    runtime: nodeRuntime(),
    signatures: nodeSignatures,
    ...(kind === undefined ? {} : { kind }),
  });
}

/** Opens exactly what the settings say. @throws as `openMesh` */
export async function openSettings(
  settings: Settings,
  log?: Log,
  holder: HolderChoice = 'here',
): Promise<Mesh> {
  const { data } = settings;
  const runtime = nodeRuntime(log === undefined ? {} : { log });
  const agent = await loadAgent(settings.agent, { data, runtime, signatures: nodeSignatures });
  if (holder === 'none') return sessionOf(await openReplicaHere(settings, runtime), agent);
  return openShared({
    ...sharing(settings, runtime),
    agent,
    ...(holder === 'apart' ? { startHolder: () => startHolder(settings, runtime) } : {}),
  });
}
