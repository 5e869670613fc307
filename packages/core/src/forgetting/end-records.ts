import {
  type Clock,
  homeSegment,
  type Namespace,
  type RecordId,
  type SegmentName,
  type SessionId,
} from '@mnemesh/protocol';
import * as v from 'valibot';
import { defineCollection } from '../collections/schema.js';
import { DIRECTORY_NAMESPACE } from '../documents/directory.js';
import type { Origin } from './moved-records.js';

/**
 * For each segment that was ended: the newest clock of each session that whoever ended it had. Of a record that
 * came from there by an earlier move nothing else was seen: it is listed as `session local-id`.
 */
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
  readonly #seen = new Map<string, Map<string, Clock>>();

  add({ namespace, seen }: Pick<EndFields, 'namespace' | 'seen'>): void {
    for (const [segment, sessions] of Object.entries(seen)) {
      const key = `${namespace}\n${segment}`;
      const known = this.#seen.get(key) ?? new Map<string, Clock>();
      this.#seen.set(key, known);
      for (const [session, clock] of Object.entries(sessions))
        if ((known.get(session) ?? -1) < clock) known.set(session, clock);
    }
  }

  has(namespace: Namespace, { segment, session, clock }: Origin, id: RecordId): boolean {
    const seen = this.#seen.get(`${namespace}\n${segment}`);
    if (seen === undefined) return false;
    return [session, movedRecord(session, id)].some((key) => (seen.get(key) ?? -1) >= clock);
  }
}

/** How an end lists a record that its author saw where it was moved to. Its local id never changes. */
export function movedRecord(session: SessionId, id: RecordId): string {
  return `${session} ${id.slice(homeSegment(id).length + 1)}`;
}
