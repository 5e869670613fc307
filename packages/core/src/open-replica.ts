import type { AgentId } from '@mnemesh/protocol';
import {
  type MemoryInput,
  type MemoryItem,
  type MemoryPatch,
  memoryDefinition,
} from './collections/memory-item.js';
import { RecordCollection } from './collections/record-collection.js';
import { type Task, type TaskInput, type TaskPatch, taskDefinition } from './collections/task.js';
import {
  type ToolInput,
  type ToolPatch,
  type ToolState,
  toolDefinition,
} from './collections/tool-state.js';
import { DIRECTORY_NAMESPACE, memberDefinition } from './documents/directory.js';
import type { AgentIdentity } from './identity.js';
import type { Mesh } from './mesh.js';
import { recall } from './recall.js';
import { Replica, type ReplicaOptions } from './replica/replica.js';

/** Opens this device's replica of a mesh, with a session of one agent. @throws MnemeshError; see `ReplicaStoreOpener` */
export async function openReplica(
  options: ReplicaOptions & { readonly agent: AgentIdentity },
): Promise<Mesh> {
  return sessionOf(await Replica.open(options), options.agent);
}

/** A further session at an open replica. Sessions see and conflict with each other as if apart. */
export function sessionOf(replica: Replica, agent: AgentIdentity): Mesh {
  const session = replica.session(agent);
  return {
    id: replica.mesh,
    get replica() {
      return replica.id;
    },
    agent: { id: agent.id, name: agent.name },
    memory: new RecordCollection<MemoryItem, MemoryInput, MemoryPatch>(
      replica,
      session,
      memoryDefinition,
    ),
    tasks: new RecordCollection<Task, TaskInput, TaskPatch>(replica, session, taskDefinition),
    tools: new RecordCollection<ToolState, ToolInput, ToolPatch>(replica, session, toolDefinition),
    get status() {
      return replica.status;
    },
    onStatus: (listener) => replica.onStatus(listener),
    agents: () => agentsOf(replica),
    recall: (query, recallOptions) => recall(replica.store, session, query, recallOptions),
    acked: () => replica.allAcked(),
    purge: async (namespace, options = {}) => {
      replica.refuseWhenClosed();
      return replica.ends.purge(session, namespace, options);
    },
    purged: async (namespace) => {
      replica.refuseWhenClosed();
      return replica.ends.status(namespace);
    },
    scrub: async () => {
      replica.refuseWhenClosed();
      await replica.scrubber.now();
    },
    setOffline: (offline) => replica.setOffline(offline),
    close: () => replica.close(),
  };
}

async function agentsOf(
  replica: Replica,
): Promise<readonly { readonly id: AgentId; readonly name: string }[]> {
  const members = await replica.store.query({
    namespaces: [DIRECTORY_NAMESPACE],
    collection: memberDefinition.name,
    limit: 10_000,
  });
  return members.map(({ view }) => {
    const { fields } = JSON.parse(view) as {
      readonly fields: { readonly agent: string; readonly name: string };
    };
    return { id: fields.agent as AgentId, name: fields.name };
  });
}
