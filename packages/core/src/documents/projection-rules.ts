import { type AgentId, type Namespace, sha256Hex } from '@mnemesh/protocol';
import type { AuthorKind } from '../identity.js';
import type { StoredRecord } from '../ports/index.js';
import { canonicalJson } from '../records/canonical-json.js';
import type { Policy, Rules } from '../records/policies.js';
import type { StoredView } from '../records/projection.js';
import {
  type CollectionPolicy,
  DIRECTORY_NAMESPACE,
  memberDefinition,
  namespaceDefinition,
} from './directory.js';

/** Rises whenever the same envelopes are to be shown or indexed otherwise: every record is then projected anew. */
const PROJECTION_VERSION = 2;

/** Stands for every collection of a namespace. */
export const ANY_COLLECTION = '*';

export interface NamespacePolicy {
  readonly namespace: Namespace;
  /** A collection's name, or `*` for all that have no entry of their own. */
  readonly collection: string;
  readonly policy: Policy;
  readonly authority?: AgentId;
}

/** By what rules records are shown: what the directory says of policies, and of who is human. */
export class ProjectionRules {
  readonly #policies = new Map<Namespace, ReadonlyMap<string, NamespacePolicy>>();
  readonly #humans = new Set<AgentId>();
  readonly #isHuman = (agent: AgentId): boolean => this.#humans.has(agent);

  of(namespace: Namespace, collection: string): Rules {
    // The directory says who is human: it cannot itself depend on it.
    if (namespace === DIRECTORY_NAMESPACE) return { policy: 'merge' };
    const own = this.#policies.get(namespace);
    const { policy = 'merge', authority } = own?.get(collection) ?? own?.get(ANY_COLLECTION) ?? {};
    return {
      policy,
      ...(authority === undefined ? {} : { authority }),
      isHuman: this.#isHuman,
    };
  }

  kindOf(agent: AgentId): AuthorKind {
    return this.#humans.has(agent) ? 'human' : 'agent';
  }

  /** What was chosen, for each namespace and collection that something was chosen for. */
  chosen(): readonly NamespacePolicy[] {
    return [...this.#policies.values()].flatMap((entries) => [...entries.values()]);
  }

  /** @returns true when this changes how records are shown */
  learn(record: StoredRecord): boolean {
    if (record.state === undefined) return false;
    if (record.collection === memberDefinition.name) return this.#learnMember(record);
    return record.collection === namespaceDefinition.name && this.#learnNamespace(record);
  }

  /** All that the records of a namespace depend on beside their envelopes. Equal before its first space: only what is contested differs. */
  name(namespace: Namespace): string {
    const isDirectory = namespace === DIRECTORY_NAMESPACE;
    const facts = {
      policies: isDirectory ? [] : [...(this.#policies.get(namespace)?.values() ?? [])],
      humans: isDirectory ? [] : [...this.#humans].sort(),
    };
    return `${PROJECTION_VERSION} ${sha256Hex(canonicalJson(facts as never)).slice(0, 32)}`;
  }

  /** Only an agent's own key says that it is a human's. */
  #learnMember({ view, state }: StoredRecord): boolean {
    const { fields, createdBy } = JSON.parse(view) as StoredView;
    const agent = state as AgentId;
    const isHuman = fields.kind === 'human' && createdBy === agent;
    if (isHuman === this.#humans.has(agent)) return false;
    if (isHuman) this.#humans.add(agent);
    else this.#humans.delete(agent);
    return true;
  }

  #learnNamespace({ view, state }: StoredRecord): boolean {
    const namespace = state as Namespace;
    const { fields } = JSON.parse(view) as {
      readonly fields: {
        readonly policy?: Policy;
        readonly policies?: readonly CollectionPolicy[];
      };
    };
    const entries = new Map<string, NamespacePolicy>();
    const { policy = 'merge', policies = [] } = fields;
    if (policy !== 'merge')
      entries.set(ANY_COLLECTION, { namespace, collection: ANY_COLLECTION, policy });
    for (const one of [...policies].sort((a, b) => (a.collection < b.collection ? -1 : 1))) {
      const { collection, authority } = one;
      entries.set(collection, {
        namespace,
        collection,
        policy: one.policy,
        ...(authority === undefined ? {} : { authority: authority as AgentId }),
      });
    }
    const before = this.name(namespace);
    if (entries.size === 0) this.#policies.delete(namespace);
    else this.#policies.set(namespace, entries);
    return this.name(namespace) !== before;
  }
}
