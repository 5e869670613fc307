import { type AgentId, MnemeshError, parseNamespace } from '@mnemesh/protocol';
import type { RecallOptions } from './mesh.js';
import type { ReplicaStore, StoredRecord } from './ports/index.js';
import type { StoredView } from './records/projection.js';
import { rank } from './records/ranking.js';
import { termsOf } from './records/terms.js';
import type { Session } from './session.js';
import type { RecallHit } from './status.js';

const DEFAULT_HITS = 10;
const MAX_HITS = 100;
/** Different words of one query that are looked up; what people ask holds a dozen. */
const QUERY_TERMS = 64;

/** Plain lexical recall: BM25 over the records that hold any of the words. */
export async function recall(
  store: ReplicaStore,
  session: Session,
  query: string,
  options: RecallOptions = {},
): Promise<readonly RecallHit[]> {
  const terms = [...new Set(termsOf(query))].slice(0, QUERY_TERMS);
  if (terms.length === 0) throw new MnemeshError('bad_input', 'Recall needs at least one word.');
  const limit = Math.min(options.limit ?? DEFAULT_HITS, MAX_HITS);
  const { namespaces, collection } = options;
  const ranked = rank(
    await store.postings({
      terms,
      ...(namespaces === undefined ? {} : { namespaces: namespaces.map(parseNamespace) }),
      ...(collection === undefined ? {} : { collection }),
    }),
    limit,
  );
  const records = await store.recordsAt(ranked.map(({ slot }) => slot));
  return ranked
    .flatMap(({ slot, score }) => {
      const record = records.get(slot);
      if (record === undefined) return [];
      const found = wordsIn(record, terms);
      return found.length === 0 ? [] : [{ record, score, found }];
    })
    .sort((a, b) => b.score - a.score || newestFirst(a.record, b.record))
    .slice(0, limit)
    .map(({ record, score, found }) => hitOf(record, found, score, session));
}

/** The words of a query that a record holds. None, when its slot fell to it since the index was read. */
function wordsIn(record: StoredRecord, words: readonly string[]): readonly string[] {
  const held = new Set(termsOf(record.text));
  return words.filter((word) => held.has(word));
}

function newestFirst(a: StoredRecord, b: StoredRecord): number {
  return b.created - a.created || (a.id < b.id ? 1 : -1);
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
