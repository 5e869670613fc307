import type { Context, Namespace, RecordId } from '@mnemesh/protocol';
import type { FieldWrite } from '../documents/record-write.js';
import { clockIso } from '../hybrid-clock.js';
import type { ReplicaStore } from '../ports/index.js';
import { auditWrite } from '../records/audit.js';
import { targets } from '../records/references.js';
import { contradicting } from '../records/topics.js';
import {
  type ContradictingHeads,
  contradictionOf,
  type TopicHead,
  topicHead,
  topicHeads,
  topicName,
} from './topic-heads.js';

/** An item that is about to be written. */
export interface Successor {
  readonly namespace: Namespace;
  /** Hashes of the topics it belongs to. */
  readonly topics: readonly string[];
  readonly supersedes: readonly RecordId[];
  /** What its session was shown of these topics. */
  readonly context: Context;
  readonly reason: string | undefined;
}

/**
 * Audit records of the contradictions that an item ends by what it supersedes. Only what its session knew of
 * counts: of two decisions made apart, neither is about the other, even at one replica.
 */
export async function settledTopics(
  store: ReplicaStore,
  successor: Successor,
): Promise<readonly FieldWrite[]> {
  const { namespace, topics, supersedes, reason } = successor;
  const replaced = await replacedHeads(store, successor);
  const audits = new Map<string, FieldWrite>();
  for (const topic of topics) {
    const known = (await topicHeads(store, namespace, topic)).filter(
      (head) => isKnown(successor, head) && !supersedes.includes(head.id),
    );
    const own = replaced.filter(({ view }) => targets(view.references, 'topic').includes(topic));
    const contradiction = contradictionOf(namespace, topic, [...known, ...own]);
    if (contradiction === undefined) continue;
    const left = contradiction.heads.filter(({ id }) => !supersedes.includes(id));
    const isOver = contradicting(left).length === 0;
    if (isOver && left.length < contradiction.heads.length)
      audits.set(contradiction.id, auditOf(contradiction, reason));
  }
  return [...audits.values()];
}

/** Of what the item supersedes, that which nothing that its session knew of had superseded before. */
async function replacedHeads(
  store: ReplicaStore,
  successor: Successor,
): Promise<readonly TopicHead[]> {
  const { namespace, supersedes } = successor;
  const heads: TopicHead[] = [];
  for (const id of supersedes) {
    const record = await store.record(namespace, id);
    const head = record === undefined ? undefined : topicHead(record);
    if (head === undefined) continue;
    const earlier = await store.namedBy(namespace, 'supersedes', [id]);
    const known = await Promise.all(
      earlier.map(async ({ id: other }) => {
        const found = supersedes.includes(other) ? undefined : await store.record(namespace, other);
        const its = found === undefined ? undefined : topicHead(found);
        // Of what was forgotten nobody knows any more who had seen it.
        return its === undefined || isKnown(successor, its);
      }),
    );
    if (!known.includes(true)) heads.push(head);
  }
  return heads;
}

function isKnown({ context }: Successor, { session, clock }: TopicHead): boolean {
  return (context.get(session) ?? -1) >= clock;
}

function auditOf({ id, topic, heads }: ContradictingHeads, reason: string | undefined): FieldWrite {
  return auditWrite(id, {
    topic: topicName(heads) ?? topic,
    values: heads.map(({ version, agent, clock, id: record }) => ({
      version,
      agent,
      at: clockIso(clock),
      record,
    })),
    ...(reason === undefined ? {} : { reason }),
  });
}
