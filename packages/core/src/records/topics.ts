import {
  type AgentId,
  type Clock,
  type Context,
  mergeContext,
  type Namespace,
  type RecordId,
  type SessionId,
  sha256Hex,
  type Version,
} from '@mnemesh/protocol';
import type { VerifiedEnvelope } from '@mnemesh/segment';
import type { Session } from '../session.js';
import { normalText } from './normal-text.js';

/**
 * Sessions in the context of one item. A topic that more sessions than this wrote to without anybody
 * superseding anything shows conflicts between what is that far apart.
 */
const CONTEXT_SESSIONS = 256;
/** Hexadecimal digits of a topic's hash: 128 bits. */
const TOPIC_DIGITS = 32;
/** Stands for a field in what a session remembers of a topic. No field of a record begins so. */
const TOPIC_FIELD = '#topic';

/** Of an item that belongs to a topic: who wrote it, when, and what its session had been shown of the topic, itself included. */
export interface TopicalView {
  readonly version: Version;
  readonly agent: AgentId;
  readonly session: SessionId;
  readonly clock: Clock;
  readonly seen: Readonly<Record<string, Clock>>;
}

/** The name under which items of a topic find each other; all that a tombstone keeps of it. */
export function topicHash(namespace: Namespace, topic: string): string {
  return sha256Hex(`topic\n${namespace}\n${normalText(topic)}`).slice(0, TOPIC_DIGITS);
}

/** Items without a topic conflict too, when two of them supersede one item: that item is the topic. */
export function chainHash(namespace: Namespace, id: RecordId): string {
  return sha256Hex(`chain\n${namespace}\n${id}`).slice(0, TOPIC_DIGITS);
}

export function topicalView(base: VerifiedEnvelope): TopicalView {
  const { version, agent, session, clock } = base;
  const seen = new Map<SessionId, Clock>();
  mergeContext(seen, base);
  return {
    version,
    agent,
    session,
    clock,
    seen: Object.fromEntries([...seen].sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

/** Had the session of `one` been shown `other`? Its own items count as shown. */
export function knows(one: TopicalView, other: TopicalView): boolean {
  return (one.seen[other.session] ?? -1) >= other.clock;
}

/** Those that contradict another: neither was written in knowledge of the other. Causality decides, never clocks. */
export function contradicting<T extends TopicalView>(heads: readonly T[]): readonly T[] {
  return heads.filter((one) =>
    heads.some((other) => other !== one && !knows(one, other) && !knows(other, one)),
  );
}

/** The session was shown an item of these topics, and so all that its writer had been shown. */
export function showTopics(
  session: Session,
  namespace: Namespace,
  topics: readonly string[],
  { seen }: TopicalView,
): void {
  for (const topic of topics) session.show(namespace, topic as RecordId, { [TOPIC_FIELD]: seen });
}

/** The context of an item that this session writes now: the newest of what it was shown of these topics. */
export function topicContext(
  session: Session,
  namespace: Namespace,
  topics: readonly string[],
): Context {
  const context = new Map<SessionId, Clock>();
  for (const topic of topics) {
    const shown = session.contextOf(namespace, topic as RecordId, TOPIC_FIELD);
    for (const [one, clock] of shown) if ((context.get(one) ?? -1) < clock) context.set(one, clock);
  }
  if (context.size <= CONTEXT_SESSIONS) return context;
  return new Map([...context].sort(([, a], [, b]) => b - a).slice(0, CONTEXT_SESSIONS));
}
