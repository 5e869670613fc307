import type { AgentId } from '@mnemesh/protocol';
import type { RecordView } from './collections/collection.js';
import { RecordCollection } from './collections/record-collection.js';
import { RecordConversations } from './collections/record-conversations.js';
import { RecordSessions } from './collections/record-sessions.js';
import { AuditList } from './conflicts/audit-list.js';
import { contestedParts } from './contested-parts.js';
import { contextPack } from './context-pack.js';
import { DIRECTORY_NAMESPACE, memberDefinition } from './documents/directory.js';
import type { AgentIdentity } from './identity.js';
import type { Mesh, MeshAgent } from './mesh.js';
import { DirectoryPolicies } from './namespace-policies.js';
import type { Presence } from './presence/presence.js';
import { ProseDocuments } from './prose/prose-documents.js';
import { recall } from './recall.js';
import { Replica } from './replica/replica.js';
import type { ReplicaOptions } from './replica/replica-options.js';
import type { Session } from './session.js';

/** Opens this device's replica of a mesh, with a session of one agent. @throws MnemeshError; see `ReplicaStoreOpener` */
export async function openReplica(
  options: ReplicaOptions & { readonly agent: AgentIdentity },
): Promise<Mesh> {
  return sessionOf(await Replica.open(options), options.agent);
}

/** A further session at an open replica. Sessions see and conflict with each other as if apart. */
export function sessionOf(replica: Replica, agent: AgentIdentity): Mesh {
  return meshOf(replica, replica.sessions.begin(agent));
}

/** The mesh as one session sees and writes it. */
export function meshOf(
  replica: Replica,
  session: Session,
  presence: Presence = replica.presence.join(session),
): Mesh {
  const { agent } = session;
  replica.writeEntries(
    (one, definition) => new RecordCollection<RecordView, object, object>(replica, one, definition),
  );
  return {
    id: replica.mesh,
    get replica() {
      return replica.id;
    },
    agent: { id: agent.id, name: agent.name, kind: agent.kind ?? 'agent' },
    session: session.id,
    memory: contestedParts.memory(replica, session),
    tasks: contestedParts.tasks(replica, session),
    tools: contestedParts.tools(replica, session),
    conversations: new RecordConversations(replica, session),
    prose: new ProseDocuments(replica, session),
    conflicts: contestedParts.conflicts(replica, session),
    audit: new AuditList(replica),
    policies: new DirectoryPolicies(replica, session),
    peers: replica.invitations,
    presence,
    personas: contestedParts.personas(replica, session),
    sessions: new RecordSessions(replica, session),
    get status() {
      return replica.status;
    },
    onStatus: (listener) => replica.onStatus(listener),
    agents: () => agentsOf(replica),
    recall: (query, recallOptions) => recall(replica, session, query, recallOptions),
    context: (contextOptions) => contextPack(replica, session, contextOptions),
    acked: () => replica.allAcked(),
    purge: async (namespace, options = {}) => {
      replica.refuseWhenClosed();
      return replica.ends.purge(session, namespace, options);
    },
    retain: async (namespace, days) => {
      replica.refuseWhenClosed();
      await replica.retention.set(session, namespace, days);
    },
    retentions: async () => {
      replica.refuseWhenClosed();
      return replica.retention.list();
    },
    purged: async (namespace) => {
      replica.refuseWhenClosed();
      return replica.ends.status(namespace);
    },
    scrub: async () => {
      replica.refuseWhenClosed();
      await replica.scrubber.now();
    },
    prefer: async (preferences) => {
      replica.refuseWhenClosed();
      replica.prefer(preferences);
    },
    reconnect: async () => {
      replica.refuseWhenClosed();
      replica.reconnect();
    },
    setOffline: (offline) => replica.setOffline(offline),
    close: () => replica.close(),
  };
}

async function agentsOf(replica: Replica): Promise<readonly MeshAgent[]> {
  const members = await replica.store.query({
    namespaces: [DIRECTORY_NAMESPACE],
    collection: memberDefinition.name,
    limit: 10_000,
  });
  return members.map(({ view }) => {
    const { fields } = JSON.parse(view) as {
      readonly fields: {
        readonly agent: string;
        readonly name: string;
        readonly capabilities: readonly string[];
      };
    };
    const id = fields.agent as AgentId;
    const { name, capabilities } = fields;
    const declared = capabilities.length === 0 ? {} : { capabilities };
    return { id, name, kind: replica.rules.kindOf(id), ...declared };
  });
}
