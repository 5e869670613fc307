import { type AgentId, MnemeshError, parseNamespace } from '@mnemesh/protocol';
import type { RecallOptions } from './mesh.js';
import type { ReplicaStore, StoredRecord } from './ports/index.js';
import type { StoredView } from './records/projection.js';
import type { Session } from './session.js';
import type { RecallHit } from './status.js';

/** Records looked at for one recall, newest first. */
const CANDIDATES = 2_000;
const MAX_HITS = 100;
/** BM25's usual constants (Robertson and Zaragoza, 2009). */
const SATURATION = 1.2;
const LENGTH_WEIGHT = 0.75;

/** Plain lexical recall: BM25 over the records that hold any of the words. */
export async function recall(
  store: ReplicaStore,
  session: Session,
  query: string,
  options: RecallOptions = {},
): Promise<readonly RecallHit[]> {
  const words = [...new Set(wordsOf(query))];
  if (words.length === 0) throw new MnemeshError('bad_input', 'Recall needs at least one word.');
  const candidates = await store.query({
    words,
    limit: CANDIDATES,
    ...(options.namespaces === undefined
      ? {}
      : { namespaces: options.namespaces.map(parseNamespace) }),
    ...(options.collection === undefined ? {} : { collection: options.collection }),
  });
  const counted = candidates.map((record) => ({ record, counts: countWords(record.text, words) }));
  const rarity = new Map(
    words.map((word) => [
      word,
      inverseFrequency(counted.filter(({ counts }) => counts.has(word)).length, counted.length),
    ]),
  );
  const averageLength =
    counted.reduce((sum, { record }) => sum + record.text.length, 0) / Math.max(1, counted.length);
  return counted
    .map(({ record, counts }) => ({
      record,
      counts,
      score: scoreOf(record, counts, rarity, averageLength),
    }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score || (a.record.id < b.record.id ? 1 : -1))
    .slice(0, Math.min(options.limit ?? 10, MAX_HITS))
    .map(({ record, counts, score }) => hitOf(record, [...counts.keys()], score, session));
}

function wordsOf(text: string): readonly string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}

function countWords(text: string, wanted: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const word of wordsOf(text)) {
    if (wanted.includes(word)) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return counts;
}

function inverseFrequency(holding: number, all: number): number {
  return Math.log(1 + (all - holding + 0.5) / (holding + 0.5));
}

function scoreOf(
  record: StoredRecord,
  counts: ReadonlyMap<string, number>,
  rarity: ReadonlyMap<string, number>,
  averageLength: number,
): number {
  const length = 1 - LENGTH_WEIGHT + LENGTH_WEIGHT * (record.text.length / averageLength);
  let score = 0;
  for (const [word, count] of counts) {
    score += ((rarity.get(word) ?? 0) * count * (SATURATION + 1)) / (count + SATURATION * length);
  }
  return score;
}

function hitOf(
  record: StoredRecord,
  words: readonly string[],
  score: number,
  session: Session,
): RecallHit {
  const { fields, shown, createdAt, createdBy } = JSON.parse(record.view) as StoredView;
  session.show(record.namespace, record.id, shown);
  const text = fields.content ?? fields.title ?? fields.tool ?? '';
  return {
    id: record.id,
    namespace: record.namespace,
    collection: record.collection,
    text: String(text),
    score,
    why: `matches ${words.join(', ')}`,
    author: createdBy as AgentId,
    createdAt,
    conflicted: record.conflicted,
  };
}
