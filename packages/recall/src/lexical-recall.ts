import {
  EXCERPT_CHARS,
  type PostingsQuery,
  proseTextDefinition,
  type RankedRecord,
  type RankedRecords,
  type Recaller,
  type RecallRequest,
  type RecallSource,
} from '@mnemesh/core';
import { MnemeshError } from '@mnemesh/protocol';
import { lexicalAnalyzer } from './analysis/analyzer.js';
import { evidenceOf } from './candidate-reader.js';
import type { Embedder } from './embedding/embedder.js';
import { VectorFiller } from './embedding/vector-filler.js';
import { type EmbeddedStore, vectorList } from './embedding/vector-list.js';
import { Evidence } from './scoring/evidence.js';
import { fused } from './scoring/fusion.js';
import { withoutNearDuplicates } from './scoring/near-duplicates.js';
import { type Question, readQuestion } from './scoring/question.js';
import { type Scored, scoreEvidence } from './scoring/second-scoring.js';
import { defaultWeights, type RecallWeights } from './scoring/weights.js';
import { collapseSuperseded } from './supersession.js';
import { packed, tokensOf } from './tokens.js';
import { isValidAt } from './validity.js';

export interface LexicalRecallOptions {
  /** Adds a list of what is similar in meaning. Ranks then follow its vectors, too. */
  readonly embedder?: Embedder;
  /** For measurements: replicas agree on ranks only as long as they agree on these. */
  readonly weights?: Partial<RecallWeights>;
}

/** Lexical recall: no model, no network; with an embedder, its vectors as one more list. */
export function lexicalRecall(options: LexicalRecallOptions = {}): Recaller {
  const weights = { ...defaultWeights, ...options.weights };
  const { embedder } = options;
  if (embedder === undefined) {
    return {
      analyzer: lexicalAnalyzer,
      recall: (source, request) => recall(source, request, weights, undefined),
    };
  }
  // One recaller may serve several replicas of a process.
  const embedded = new WeakMap<object, EmbeddedStore>();
  return {
    analyzer: lexicalAnalyzer,
    recall: (source, request) => recall(source, request, weights, embedded.get(source)),
    start: (source, runtime) => {
      const { vectors } = source;
      const filler = new VectorFiller(vectors, embedder, runtime);
      embedded.set(source, { vectors, embedder, filler });
      return filler;
    },
  };
}

async function recall(
  source: RecallSource,
  request: RecallRequest,
  weights: RecallWeights,
  embedded: EmbeddedStore | undefined,
): Promise<RankedRecords> {
  const question = readQuestion(request.query);
  if (question.terms.length === 0) {
    throw new MnemeshError(
      'bad_input',
      'This query holds only words that stand in every text. Name what it is about.',
    );
  }
  const postings = await source.postings({ terms: question.terms, ...filtersOf(request) });
  const most = Math.max(weights.candidates, request.limit * 2);
  const found = await evidenceOf(source, postings, request, weights, most);
  const lexical = [...scoreEvidence(found, question, request.now, weights)].sort(byScore);
  const { similar, note } = await similarTo(source, request, embedded, most);
  const scored =
    similar === undefined
      ? lexical
      : [...fused(lexical, similar, weights.fusionOffset)].sort(byScore);
  const heads = await collapseSuperseded(source, scored, request);
  const distinct = withoutNearDuplicates(heads, request.limit, weights);
  const ranked = distinct.map(({ evidence, score, why }) => ({
    record: evidence.record,
    score,
    why: [...matchTexts(evidence, question), ...why],
    tokens: tokensOf(quotedOf(evidence.record)),
  }));
  const { kept, omitted } = packed(ranked, request.maxTokens);
  const answer = { ranked: kept, omitted, abstain: abstains(lexical, weights) };
  return note === undefined ? answer : { ...answer, note };
}

/** As much of a record as an answer gives of it. */
function quotedOf({ collection, text }: RankedRecord['record']): string {
  return collection === proseTextDefinition.name ? text.slice(0, EXCERPT_CHARS) : text;
}

/** What an embedder finds similar, best first. */
async function similarTo(
  source: RecallSource,
  request: RecallRequest,
  embedded: EmbeddedStore | undefined,
  limit: number,
): Promise<{ readonly similar?: readonly Scored[]; readonly note?: string }> {
  if (embedded === undefined) return {};
  const { slots, ...more } = await vectorList(embedded, request.query, filtersOf(request), limit);
  if (slots === undefined) return more;
  const records = await source.recordsAt(slots);
  const similar = slots.flatMap((slot) => {
    const record = records.get(slot);
    if (record === undefined) return [];
    const evidence = new Evidence(record);
    return isValidAt(evidence, request) ? [{ evidence, score: 0, why: [] }] : [];
  });
  return { similar, ...more };
}

/** Nothing found, or nothing that speaks of most of what was asked. */
function abstains(scored: readonly Scored[], weights: RecallWeights): boolean {
  const best = scored.slice(0, 3).map(({ evidence }) => evidence.reached);
  return Math.max(0, ...best) < weights.abstainBelow;
}

/** Ties go by id, so that replicas agree. */
function byScore(a: Scored, b: Scored): number {
  return b.score - a.score || (a.evidence.record.id < b.evidence.record.id ? -1 : 1);
}

export function filtersOf({ namespaces, collection }: RecallRequest): Omit<PostingsQuery, 'terms'> {
  return {
    ...(namespaces === undefined ? {} : { namespaces }),
    ...(collection === undefined ? {} : { collection }),
  };
}

/** What of the query it holds itself. */
function matchTexts({ terms, record }: Evidence, { words }: Question): readonly string[] {
  const held = [...words].filter(([term]) => terms.has(term)).map(([, word]) => word);
  if (held.length > 0) return [`matches ${held.join(', ')}`];
  return record.thread === undefined ? [] : ['stands beside what matches'];
}
