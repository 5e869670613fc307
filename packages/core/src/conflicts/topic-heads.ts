import type { Clock, Namespace, RecordId } from '@mnemesh/protocol';
import type { ReplicaStore, StoredRecord } from '../ports/index.js';
import { conflictId } from '../records/conflict-id.js';
import { normalText } from '../records/normal-text.js';
import type { StoredView } from '../records/projection.js';
import { contradicting, type TopicalView } from '../records/topics.js';

/** Heads of one topic that are compared with each other, the newest. A topic with more is no topic, but a tag. */
const HEADS = 256;

/** An item of a topic that nothing supersedes. */
export interface TopicHead extends TopicalView {
  readonly id: RecordId;
  readonly record: StoredRecord;
  readonly view: StoredView;
}

/** Items of a topic that contradict each other. */
export interface ContradictingHeads {
  /** As an audit record has it. */
  readonly id: string;
  readonly namespace: Namespace;
  readonly topic: string;
  readonly heads: readonly TopicHead[];
}

/** What contradicts what in a topic now; undefined when nothing does. */
export async function contradictionIn(
  store: ReplicaStore,
  namespace: Namespace,
  topic: string,
): Promise<ContradictingHeads | undefined> {
  return contradictionOf(namespace, topic, await topicHeads(store, namespace, topic));
}

/** A pure function of the heads. Those that say the same do not contradict each other. */
export function contradictionOf(
  namespace: Namespace,
  topic: string,
  all: readonly TopicHead[],
): ContradictingHeads | undefined {
  const heads = contradicting(all);
  if (new Set(heads.map(textOf)).size < 2) return undefined;
  return { id: conflictId(heads.map(({ version }) => version)), namespace, topic, heads };
}

export async function topicHeads(
  store: ReplicaStore,
  namespace: Namespace,
  topic: string,
): Promise<readonly TopicHead[]> {
  const records = await store.query({
    namespaces: [namespace],
    refersTo: { kind: 'topic', target: topic },
    superseded: false,
    limit: HEADS,
  });
  return records.flatMap((record) => topicHead(record) ?? []);
}

/** The record as an item of its topics; undefined when it belongs to none. */
export function topicHead(record: StoredRecord): TopicHead | undefined {
  const view = JSON.parse(record.view) as StoredView;
  return view.topical === undefined ? undefined : { ...view.topical, id: record.id, record, view };
}

/** What the oldest of them calls their topic; undefined where none has a word for it. */
export function topicName(heads: readonly TopicHead[]): string | undefined {
  const names = [...heads].reverse().map(({ view }) => view.fields.topic);
  return names.find((name) => typeof name === 'string');
}

/** The clock of the one that was written last. */
export function latestOf(heads: readonly Pick<TopicHead, 'clock'>[]): Clock {
  return Math.max(...heads.map(({ clock }) => clock)) as Clock;
}

export function textOf({ view }: TopicHead): string {
  return normalText(String(view.fields.content ?? ''));
}
