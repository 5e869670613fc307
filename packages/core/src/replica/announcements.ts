import { BASE_FIELD, homeSegment, type Namespace, type RecordId } from '@mnemesh/protocol';
import { encodeUtf8 } from 'lib0/string';
import {
  DIRECTORY_NAMESPACE,
  memberDefinition,
  memberId,
  namespaceDefinition,
  namespaceId,
} from '../documents/directory.js';
import type { Segments } from '../documents/segments.js';
import type { WriteQueue } from '../documents/write-queue.js';
import type { ReplicaStore } from '../ports/index.js';
import { MEMBER_SIGN } from '../records/base-data.js';
import { canonicalJson } from '../records/canonical-json.js';
import type { StoredView } from '../records/projection.js';
import type { Session } from '../session.js';

/** Lists in the directory who writes and where, once for each opening. Both are the same entry whoever makes it. */
export class Announcements {
  readonly #store: ReplicaStore;
  readonly #segments: Segments;
  readonly #writes: WriteQueue;
  readonly #announced = new Set<RecordId>();

  constructor(store: ReplicaStore, segments: Segments, writes: WriteQueue) {
    this.#store = store;
    this.#segments = segments;
    this.#writes = writes;
  }

  namespace(session: Session, namespace: Namespace): Promise<void> {
    const id = namespaceId(namespace);
    return this.#announceOnce(session, id, namespaceDefinition.name, { namespace });
  }

  async member(session: Session): Promise<void> {
    const { id: agent, name, kind } = session.agent;
    const id = memberId(agent);
    if (this.#announced.has(id)) return;
    await this.#announceOnce(session, id, memberDefinition.name, {
      agent,
      name,
      ...(kind === 'human' ? { kind } : {}),
    });
    const declared = session.agent.capabilities;
    if (declared === undefined) return;
    const member = await this.#store.record(DIRECTORY_NAMESPACE, id);
    if (member === undefined) return;
    const { fields, shown } = JSON.parse(member.view) as StoredView;
    session.show(DIRECTORY_NAMESPACE, id, shown);
    const changed = changedMembers(fields.capabilities as readonly string[], declared);
    if (changed.size === 0) return;
    const writes = [...changed].map(([word, value]) => {
      const field = `capabilities${MEMBER_SIGN}${word}`;
      const context = session.contextOf(DIRECTORY_NAMESPACE, id, field);
      return { field, context, data: encodeUtf8(canonicalJson(value)) };
    });
    const place = this.#segments.place(DIRECTORY_NAMESPACE, homeSegment(id));
    await this.#writes.write(place, {
      session,
      namespace: DIRECTORY_NAMESPACE,
      id,
      fields: writes,
      expects: 'existing',
    });
  }

  async #announceOnce(
    session: Session,
    id: RecordId,
    collection: string,
    values: { readonly [field: string]: string },
  ): Promise<void> {
    if (this.#announced.has(id)) return;
    this.#announced.add(id);
    if ((await this.#store.record(DIRECTORY_NAMESPACE, id)) !== undefined) return;
    const data = encodeUtf8(canonicalJson({ collection, values }));
    const place = this.#segments.place(DIRECTORY_NAMESPACE, homeSegment(id));
    await this.#writes.write(place, {
      session,
      namespace: DIRECTORY_NAMESPACE,
      id,
      fields: [{ field: BASE_FIELD, context: new Map(), data }],
      expects: 'new',
    });
  }
}

/** What to write into a set's fields, so that it holds `wanted` and no more. */
function changedMembers(
  held: readonly string[],
  wanted: readonly string[],
): ReadonlyMap<string, string | null> {
  const changed = new Map<string, string | null>();
  for (const word of held) if (!wanted.includes(word)) changed.set(word, null);
  for (const word of wanted) if (!held.includes(word)) changed.set(word, word);
  return changed;
}
