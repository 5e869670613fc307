import { MnemeshError, type Namespace, parseNamespace } from '@mnemesh/protocol';
import { RecordCollection } from './collections/record-collection.js';
import { parse } from './collections/schema.js';
import { collectionPolicy, namespaceDefinition, namespaceId } from './documents/directory.js';
import { ANY_COLLECTION, type NamespacePolicy } from './documents/projection-rules.js';
import type { Policy } from './records/policies.js';
import type { Replica } from './replica/replica.js';
import type { Session } from './session.js';

export interface PolicyChoice {
  readonly namespace: string;
  /** `memory`, `task`, …; all collections of the namespace when absent. */
  readonly collection?: string;
  readonly policy: Policy;
  /** An agent's key, for `authority-wins`. */
  readonly authority?: string;
}

/** How concurrent values are settled, as the directory says: one choice for the whole mesh. */
export interface Policies {
  /** What was chosen. Everything else is `merge`. */
  list(): Promise<readonly NamespacePolicy[]>;
  /** Resolves when it is saved here; records are shown by it from then on. @throws MnemeshError `bad_input` */
  set(choice: PolicyChoice): Promise<void>;
}

export class DirectoryPolicies implements Policies {
  readonly #replica: Replica;
  readonly #session: Session;

  constructor(replica: Replica, session: Session) {
    this.#replica = replica;
    this.#session = session;
  }

  async list(): Promise<readonly NamespacePolicy[]> {
    this.#replica.refuseWhenClosed();
    return [...this.#replica.rules.chosen()].sort((a, b) => (key(a) < key(b) ? -1 : 1));
  }

  async set({ collection = ANY_COLLECTION, ...choice }: PolicyChoice): Promise<void> {
    this.#replica.refuseWhenClosed();
    const namespace = parseNamespace(choice.namespace);
    const entry = parse(collectionPolicy, { ...choice, collection }, 'policy');
    const hasAuthority = entry.authority !== undefined;
    if (hasAuthority !== (entry.policy === 'authority-wins')) {
      throw new MnemeshError(
        'bad_input',
        hasAuthority
          ? `"${entry.policy}" knows no authority; "authority-wins" does.`
          : '"authority-wins" needs the key of the agent whose values win.',
      );
    }
    await this.#replica.announce(this.#session, this.#place(namespace));
    const records = new RecordCollection(this.#replica, this.#session, namespaceDefinition);
    const id = namespaceId(namespace);
    // What this session was not shown would stand beside its choice.
    await records.get(id);
    await records.update(id, { policies: { add: [entry] } });
    await this.#replica.rulesApplied();
  }

  #place(namespace: Namespace) {
    return this.#replica.segments.current(namespace);
  }
}

function key({ namespace, collection }: NamespacePolicy): string {
  return `${namespace} ${collection}`;
}
