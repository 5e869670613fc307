import { type AgentIdentity, type Mesh, parseAgentName } from '@mnemesh/core';
import {
  AttachedClient,
  attachedMesh,
  type HolderLimits,
  holderLimits,
  loadEditor,
} from '@mnemesh/holder';
import { type MeshId, MnemeshError, parseMeshId, type Runtime } from '@mnemesh/protocol';
import { browserRoom, browserRuntime } from '@mnemesh/runtime-browser';
import { Tab } from '@mnemesh/transport-broadcast';
import { agentKey, identityOf } from './agents.js';
import { joinTabs } from './join-tabs.js';
import { type OpenMeshOptions, storageKinds } from './open-mesh-options.js';
import { TabIntents } from './tab-intents.js';

/** A tab that is stopped reads nothing, and what was sent to it lies in memory until it goes on or is let go. */
const limits: HolderLimits = {
  ...holderLimits,
  unreadBytes: 1024 * 1024,
  // Well below what may wait in a channel: a longer answer would end it, and be asked for again, for ever.
  answerBytes: 8 * 1024 * 1024,
  droppedBytes: 16 * 1024 * 1024,
};

/**
 * Opens a mesh in this page. The tabs of a site share one replica in IndexedDB: one of them leads, has it open
 * and is linked to the relay and to peers; the others go through it, and when it goes, however it goes, one of
 * them leads. Reads and writes never wait for a link.
 * @throws MnemeshError `bad_input`, `store_too_new`, `store_failed`
 */
export async function openMesh(options: OpenMeshOptions): Promise<Mesh> {
  const mesh = parseMeshId(options.mesh);
  const name = parseAgentName(options.agent);
  const { log, relay } = options;
  checkStorage(options);
  const runtime = browserRuntime(log === undefined ? {} : { log });
  const agent = identityOf(name, await agentKey(name, options.kind));
  const intents = await openIntents(mesh, agent, runtime);
  const isOffline = (): boolean => (client.lastStatus ?? options).offline === true;
  const tab = openTab(mesh, options, runtime, isOffline);
  const client: AttachedClient = new AttachedClient({
    mesh,
    agent: name,
    relay,
    join: async (hello) => ({
      kind: 'attached',
      connection: await joinTabs(tab, hello, runtime, limits),
    }),
    intents,
    leads: () => tab.leads,
    runtime,
    limits,
  });
  try {
    const connection = await joinTabs(tab, client.hello(), runtime, limits);
    checkAgent(connection.welcome.agent, agent);
    client.begin(connection);
  } catch (error) {
    await tab.close();
    intents?.close();
    throw error;
  }
  makeReady(runtime);
  return closingTab(attachedMesh(mesh, agent, client), tab, intents);
}

function checkStorage({ storage = 'indexeddb' }: OpenMeshOptions): void {
  if (storageKinds.includes(storage)) return;
  throw new MnemeshError(
    'bad_input',
    `There is no storage '${storage}'. It is one of ${storageKinds.join(', ')}.`,
  );
}

function openTab(
  mesh: MeshId,
  settings: OpenMeshOptions,
  runtime: Runtime,
  isOffline: () => boolean,
): Tab {
  // What it learns outlives a replica that had to be opened again.
  const room = browserRoom();
  const tab: Tab = new Tab({
    name: `mnemesh/${mesh}`,
    lead: async (gate) => {
      const { lead } = await import('./lead.js');
      const failed = (): void => {
        tab.resign().catch(noted);
      };
      return lead({ mesh, settings, runtime, limits, gate, room, offline: isOffline(), failed });
    },
    runtime,
  });
  return tab;
}

/** A tab may have to lead, or be asked to edit a text, when there is no network to load that from. */
function makeReady(runtime: Runtime): void {
  Promise.all([import('./lead.js'), loadEditor()]).catch((error: unknown) => {
    runtime.log('warn', 'this tab cannot lead or edit yet: a part of the program was not loaded', {
      error: String(error),
    });
  });
}

function checkAgent(welcomed: string, agent: AgentIdentity): void {
  if (welcomed === agent.id) return;
  throw new MnemeshError(
    'not_permitted',
    `Another tab has this mesh open and has another key for ${agent.name}. Reload the tabs of this site.`,
  );
}

/** Without it writes wait for the tab that leads. */
async function openIntents(
  mesh: MeshId,
  agent: AgentIdentity,
  runtime: Runtime,
): Promise<TabIntents | undefined> {
  try {
    return await TabIntents.open(mesh, agent, runtime);
  } catch (error) {
    runtime.log('warn', 'this tab can keep nothing for itself', { error: String(error) });
    return undefined;
  }
}

function closingTab(mesh: Mesh, tab: Tab, intents: TabIntents | undefined): Mesh {
  const { close } = mesh;
  const closeAll = async (): Promise<void> => {
    // What is under way is answered first, by another tab if need be.
    tab.wake();
    await close();
    await tab.close();
    intents?.close();
  };
  return Object.defineProperty(mesh, 'close', { value: closeAll, enumerable: true });
}

/** The tab tells why by its log. */
function noted(): void {}
