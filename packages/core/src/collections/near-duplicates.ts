import type { Namespace, RecordId } from '@mnemesh/protocol';
import type { Analyzer, PostingList, ReplicaStore } from '../ports/index.js';
import type { StoredView } from '../records/projection.js';
import type { SimilarItem } from './memory-item.js';

/** Share of words from which two texts count as nearly the same. */
const ALIKE = 0.6;
/** Different words of a text that are compared; beyond it the first ones stand for the text. */
const WORDS = 256;
/** Words that are looked up. */
const PROBES = 48;
/** Candidates that are read and compared. */
const CANDIDATES = 64;
const REPORTED = 5;

/**
 * Items that share most of their words with a text, by the Jaccard index. Candidates come from the
 * postings by prefix filtering (Bayardo, Ma and Srikant, 2007): a text that is alike holds at least
 * one of any (1 - ALIKE) n + 1 of the n words; the longest are looked up, as they tend to be the rarest.
 * What is superseded already is no duplicate of anything.
 * Without an analyzer nothing is indexed, and nothing found.
 */
export async function nearDuplicates(
  store: ReplicaStore,
  analyzer: Analyzer | undefined,
  namespace: Namespace,
  content: string,
  except: RecordId | undefined,
): Promise<readonly SimilarItem[]> {
  if (analyzer === undefined) return [];
  const words = wordsOf(content, analyzer);
  if (words.size === 0) return [];
  const { lists } = await store.postings({
    terms: termsOf(analyzer, probes(words)),
    namespaces: [namespace],
    collection: 'memory',
  });
  const records = [...(await store.recordsAt(candidates(lists))).values()];
  const ids = records.map(({ id }) => id);
  const superseding = await store.namedBy(namespace, 'supersedes', ids);
  const outdated = new Set(superseding.map(({ target }) => target));
  const similar: SimilarItem[] = [];
  for (const record of records) {
    if (record.id === except || record.namespace !== namespace) continue;
    if (outdated.has(record.id)) continue;
    const { fields } = JSON.parse(record.view) as StoredView;
    const text = String(fields.content ?? '');
    const similarity = jaccard(words, wordsOf(text, analyzer));
    if (similarity >= ALIKE) similar.push({ id: record.id, similarity, content: text });
  }
  return similar
    .sort((a, b) => b.similarity - a.similarity || (a.id < b.id ? 1 : -1))
    .slice(0, REPORTED);
}

/** A run that the index takes apart is as many words: scripts without spaces have no others. */
function wordsOf(text: string, analyzer: Analyzer): ReadonlySet<string> {
  const words = new Set<string>();
  for (const [word] of text.toLowerCase().matchAll(/[\p{L}\p{N}]+/gu)) {
    if (words.size >= WORDS) break;
    const { terms } = analyzer.analyze(word);
    for (const part of terms.length > 1 ? terms : [word]) words.add(part);
  }
  return words;
}

function probes(words: ReadonlySet<string>): readonly string[] {
  const enough = Math.floor((1 - ALIKE) * words.size + 1e-9) + 1;
  return [...words]
    .sort((a, b) => b.length - a.length || (a < b ? -1 : 1))
    .slice(0, Math.min(enough, PROBES));
}

/** As the index knows words. */
function termsOf(analyzer: Analyzer, words: readonly string[]): readonly string[] {
  return [...new Set(words.flatMap((word) => analyzer.analyze(word).terms))];
}

/** Slots that hold the most of the probes, rare ones counting more; newest first among equals. */
function candidates(lists: readonly PostingList[]): readonly number[] {
  const weights = new Map<number, number>();
  for (const { slots } of lists) {
    const weight = 1 / Math.max(1, slots.length);
    for (const slot of slots) weights.set(slot, (weights.get(slot) ?? 0) + weight);
  }
  return [...weights]
    .sort(([a, one], [b, other]) => other - one || b - a)
    .slice(0, CANDIDATES)
    .map(([slot]) => slot);
}

function jaccard(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  let shared = 0;
  for (const word of a) if (b.has(word)) shared++;
  const all = a.size + b.size - shared;
  return all === 0 ? 0 : shared / all;
}
