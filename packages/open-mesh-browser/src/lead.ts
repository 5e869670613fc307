import {
  type AgentIdentity,
  expectedChange,
  expectedRecord,
  namedTopic,
  parseAgentName,
  Replica,
  type ReplicaStoreOpener,
  type Transport,
} from '@mnemesh/core';
import { Holder, type HolderLimits } from '@mnemesh/holder';
import type { MeshId, Runtime } from '@mnemesh/protocol';
import { lexicalRecall } from '@mnemesh/recall';
import { type BrowserRoom, BrowserSignatures, watchDevice } from '@mnemesh/runtime-browser';
import { openIndexedDbStore } from '@mnemesh/storage-indexeddb';
import type { Gate, Leading } from '@mnemesh/transport-broadcast';
import { websocketTransport } from '@mnemesh/transport-websocket';
import { agentKey, identityOf } from './agents.js';
import { gatedSocket } from './gated-socket.js';
import { LeftIntents, type LeftIntentsOptions } from './left-intents.js';
import type { OpenMeshOptions } from './open-mesh-options.js';

export { expectedChange, expectedRecord, namedTopic };

export interface LeadOptions {
  readonly mesh: MeshId;
  readonly settings: Pick<OpenMeshOptions, 'relay' | 'webrtc' | 'storage'>;
  readonly runtime: Runtime;
  readonly limits: HolderLimits;
  /** For what the relay sends. */
  readonly gate: Gate;
  /** The tab that led before was set offline, or this one is opened so: so it is before anybody tells it. */
  readonly offline: boolean;
  readonly room: BrowserRoom;
  /** The store failed, or another tab has taken it: nothing is written here any more. */
  readonly failed: () => void;
}

/** What the tab that leads has and no other: the open replica, its links, and the guests. */
export async function lead({
  mesh,
  settings,
  runtime,
  limits,
  gate,
  offline,
  room,
  failed,
}: LeadOptions): Promise<Leading> {
  const signatures = new BrowserSignatures();
  const replica = await openReplica({ mesh, settings, gate, runtime, offline, room }, signatures);
  let left: LeftIntents | undefined;
  const holder = new Holder({
    replica,
    pid: 0,
    agentNamed: (name) => loadAgent(name, signatures),
    runtime,
    relay: settings.relay,
    limits,
    // Whoever left may have promised something.
    onGuests: () => left?.look(),
  });
  left = await openLeft(mesh, runtime, holder);
  left?.look();
  const stopWatching = replica.onStatus(({ storeError }) => {
    if (storeError !== undefined) failed();
  });
  const stopHints = watchDevice({
    sparing: (sparing) => replica.prefer({ sparing }),
    chance: () => replica.reconnect(),
  });
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    stopHints();
    stopWatching();
    await left?.close();
    await holder.close();
    await replica.close();
  };
  return {
    accept: (open) => holder.accept(open),
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}

/** Without it nothing that is here is lost: what was promised waits for a tab that can read it. */
async function openLeft(
  mesh: MeshId,
  runtime: Runtime,
  holder: Holder,
): Promise<LeftIntents | undefined> {
  const standIn: LeftIntentsOptions['standIn'] = (agent) => holder.standIn(agent);
  try {
    return await LeftIntents.open({ mesh, runtime, standIn });
  } catch (error) {
    runtime.log('warn', 'what closed tabs wrote cannot be read', { error: String(error) });
    return undefined;
  }
}

async function openReplica(
  {
    mesh,
    settings,
    gate,
    runtime,
    offline,
    room,
  }: Pick<LeadOptions, 'mesh' | 'settings' | 'gate' | 'runtime' | 'offline' | 'room'>,
  signatures: BrowserSignatures,
): Promise<Replica> {
  const transports = await openTransports(settings, gate, mesh, runtime);
  // Before they start, so that not one packet leaves.
  if (offline) for (const transport of transports) transport.setOffline(true);
  try {
    const store = await openStorage(settings, runtime, () => room.refused());
    const recall = lexicalRecall();
    const replica = await Replica.open({
      mesh,
      store,
      transports,
      runtime,
      signatures,
      recall,
      room,
    });
    if (offline) replica.setOffline(true);
    return replica;
  } catch (error) {
    // Nobody else will: a carrier that was made holds timers.
    await Promise.all(transports.map((transport) => transport.close()));
    throw error;
  }
}

/** What keeps documents for other Yjs programs is loaded by pages that want it, or have it. */
async function openStorage(
  { storage }: Pick<OpenMeshOptions, 'storage'>,
  runtime: Runtime,
  onFull: () => void,
): Promise<ReplicaStoreOpener> {
  const load = () => import('@mnemesh/storage-y-indexeddb');
  const options = { runtime, isLed: true, onFull };
  if (storage === 'y-indexeddb') return (await load()).openYIndexedDbStore(options);
  const findPlace = async (name: string) =>
    name === 'y-indexeddb' ? (await load()).yIndexedDbPlace({ runtime }) : undefined;
  return openIndexedDbStore({ ...options, findPlace });
}

/** WebRTC is loaded by pages that want it. */
async function openTransports(
  { relay, webrtc }: LeadOptions['settings'],
  gate: Gate,
  mesh: MeshId,
  runtime: Runtime,
): Promise<readonly Transport[]> {
  const transports =
    relay === undefined
      ? []
      : [websocketTransport({ url: relay, runtime, WebSocket: gatedSocket(gate) })];
  if (webrtc === undefined) return transports;
  try {
    const { webrtcTransport } = await import('@mnemesh/transport-webrtc');
    return [...transports, await webrtcTransport({ ...webrtc, mesh, runtime })];
  } catch (error) {
    await Promise.all(transports.map((transport) => transport.close()));
    throw error;
  }
}

/** Keys lie in the site's storage, where every tab can use them. */
async function loadAgent(name: string, signatures: BrowserSignatures): Promise<AgentIdentity> {
  const key = await agentKey(parseAgentName(name));
  signatures.know(key.publicKey, key.privateKey);
  return identityOf(name, key);
}
