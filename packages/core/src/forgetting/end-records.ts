import type { Clock, Namespace, SegmentName, SessionId } from '@mnemesh/protocol';
import * as v from 'valibot';
import { defineCollection } from '../collections/schema.js';
import { DIRECTORY_NAMESPACE } from '../documents/directory.js';

/** For each segment that was ended: the newest clock of each session that whoever ended it had. */
export type SeenBySegment = Readonly<Record<string, Readonly<Record<string, Clock>>>>;

/**
 * A signed, permanent statement that a segment, or everything below a floor, is over. It tells what
 * its author had of it: what somebody wrote there that its author never saw moves above the floor.
 */
export const endDefinition = defineCollection({
  name: 'end',
  namespace: DIRECTORY_NAMESPACE,
  stateField: 'namespace',
  fields: {
    namespace: v.string(),
    floor: v.number(),
    segment: v.optional(v.string()),
    seen: v.record(v.string(), v.record(v.string(), v.number())),
  },
  writeOnce: ['namespace', 'floor', 'segment', 'seen'],
  searched: [],
});

export interface EndFields {
  readonly namespace: Namespace;
  readonly floor: number;
  readonly segment?: SegmentName;
  readonly seen: SeenBySegment;
}

/** Everything that the authors of ends had seen, together. */
export class SeenEnvelopes {
  readonly #seen = new Map<string, Map<SessionId, Clock>>();

  add({ namespace, seen }: Pick<EndFields, 'namespace' | 'seen'>): void {
    for (const [segment, sessions] of Object.entries(seen)) {
      const key = `${namespace}\n${segment}`;
      const known = this.#seen.get(key) ?? new Map<SessionId, Clock>();
      this.#seen.set(key, known);
      for (const [session, clock] of Object.entries(sessions))
        if ((known.get(session as SessionId) ?? -1) < clock) known.set(session as SessionId, clock);
    }
  }

  has(
    namespace: Namespace,
    segment: SegmentName,
    { session, clock }: { readonly session: SessionId; readonly clock: Clock },
  ): boolean {
    return (this.#seen.get(`${namespace}\n${segment}`)?.get(session) ?? -1) >= clock;
  }
}
