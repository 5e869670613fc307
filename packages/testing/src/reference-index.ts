import type { NamedBy, RecordReferences, Reference, TopicPlace } from '@mnemesh/core';
import type { Namespace, RecordId } from '@mnemesh/protocol';

interface Placed {
  readonly namespace: Namespace;
  readonly id: RecordId;
}

/** What records refer to, in memory, from both ends. */
export class ReferenceIndex {
  readonly #byRecord = new Map<string, RecordReferences>();
  readonly #byTarget = new Map<string, Map<RecordId, NamedBy>>();

  drop(namespace: Namespace, id: RecordId): void {
    const known = this.#byRecord.get(`${namespace} ${id}`);
    this.#byRecord.delete(`${namespace} ${id}`);
    for (const { kind, target } of known?.references ?? [])
      this.#byTarget.get(targetKey(namespace, kind, target))?.delete(id);
  }

  put(given: RecordReferences): void {
    const { namespace, id, references } = given;
    this.drop(namespace, id);
    this.#byRecord.set(`${namespace} ${id}`, given);
    for (const { kind, target } of references) {
      const key = targetKey(namespace, kind, target);
      const named = this.#byTarget.get(key) ?? new Map<RecordId, NamedBy>();
      this.#byTarget.set(key, named.set(id, { target, id }));
    }
  }

  namedBy(
    namespace: Namespace,
    kind: Reference['kind'],
    targets: readonly string[],
  ): readonly NamedBy[] {
    return [...new Set(targets)]
      .flatMap((target) => [
        ...(this.#byTarget.get(targetKey(namespace, kind, target))?.values() ?? []),
      ])
      .sort((a, b) => compare(a.id, b.id) || compare(a.target, b.target));
  }

  isSuperseded({ namespace, id }: Placed): boolean {
    return this.namedBy(namespace, 'supersedes', [id]).length > 0;
  }

  refers(
    { namespace, id }: Placed,
    to: { readonly kind: Reference['kind']; readonly target?: string },
  ): boolean {
    const references = this.#byRecord.get(`${namespace} ${id}`)?.references ?? [];
    return references.some(
      ({ kind, target }) => kind === to.kind && (to.target === undefined || target === to.target),
    );
  }

  /** Topics that more than one of these records belong to. */
  sharedTopics(
    records: readonly Placed[],
    namespaces: readonly Namespace[] | undefined,
  ): TopicPlace[] {
    const holders = new Map<string, { readonly place: TopicPlace; readonly ids: Set<RecordId> }>();
    for (const { namespace, id } of records) {
      if (namespaces !== undefined && !namespaces.includes(namespace)) continue;
      for (const { kind, target } of this.#byRecord.get(`${namespace} ${id}`)?.references ?? []) {
        if (kind !== 'topic') continue;
        const key = `${target} ${namespace}`;
        const known = holders.get(key) ?? {
          place: { namespace, topic: target },
          ids: new Set<RecordId>(),
        };
        known.ids.add(id);
        holders.set(key, known);
      }
    }
    return [...holders.values()]
      .filter(({ ids }) => ids.size > 1)
      .map(({ place }) => place)
      .sort(compareTopics);
  }
}

export function compareTopics(a: TopicPlace, b: TopicPlace): number {
  return compare(a.topic, b.topic) || compare(a.namespace, b.namespace);
}

function targetKey(namespace: Namespace, kind: Reference['kind'], target: string): string {
  return `${kind} ${namespace} ${target}`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
