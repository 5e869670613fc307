import { type AgentId, MnemeshError, parseNamespace } from '@mnemesh/protocol';
import { ConflictFinder } from './conflicts/found-conflicts.js';
import type { RecallOptions } from './mesh.js';
import type { StoredRecord } from './ports/index.js';
import { rank } from './records/ranking.js';
import { readRecord } from './records/shown.js';
import { termsOf } from './records/terms.js';
import type { Replica } from './replica/replica.js';
import type { Session } from './session.js';
import type { RecallHit } from './status.js';

const DEFAULT_HITS = 10;
const MAX_HITS = 100;
/** Different words of one query that are looked up; what people ask holds a dozen. */
const QUERY_TERMS = 64;

/** Plain lexical recall: BM25 over the records that hold any of the words. */
export async function recall(
  replica: Replica,
  session: Session,
  query: string,
  options: RecallOptions = {},
): Promise<readonly RecallHit[]> {
  const terms = [...new Set(termsOf(query))].slice(0, QUERY_TERMS);
  if (terms.length === 0) throw new MnemeshError('bad_input', 'Recall needs at least one word.');
  const limit = Math.min(options.limit ?? DEFAULT_HITS, MAX_HITS);
  const { namespaces, collection } = options;
  const { store } = replica;
  const ranked = rank(
    await store.postings({
      terms,
      ...(namespaces === undefined ? {} : { namespaces: namespaces.map(parseNamespace) }),
      ...(collection === undefined ? {} : { collection }),
    }),
    limit,
  );
  const records = await store.recordsAt(ranked.map(({ slot }) => slot));
  const hits = ranked
    .flatMap(({ slot, score }) => {
      const record = records.get(slot);
      if (record === undefined) return [];
      const found = wordsIn(record, terms);
      return found.length === 0 ? [] : [{ record, score, found }];
    })
    .sort((a, b) => b.score - a.score || newestFirst(a.record, b.record))
    .slice(0, limit);
  const contradicted = await new ConflictFinder(replica).contradicted(
    hits.map(({ record }) => record),
  );
  return hits.map(({ record, score, found }) => ({
    ...hitOf(record, found, score, session),
    conflicted: record.conflicted || contradicted.has(record),
  }));
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
): Omit<RecallHit, 'conflicted'> {
  const { fields, createdAt, createdBy } = readRecord(session, record);
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
  };
}
