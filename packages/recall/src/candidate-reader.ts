import {
  type Postings,
  type RecallRequest,
  type RecallSource,
  type StoredRecord,
  threadNumber,
} from '@mnemesh/core';
import { Evidence } from './scoring/evidence.js';
import { type Candidate, scorePostings } from './scoring/first-scoring.js';
import type { RecallWeights } from './scoring/weights.js';
import { isValidAt } from './validity.js';

/** Candidates that are read for one question, however many of them were not valid at the time it asks about. */
const MOST_CANDIDATES = 4_096;

/** Postings know nothing of validity: where too many of the best do not pass, further ones are read, up to the bound. */
export async function evidenceOf(
  source: RecallSource,
  postings: Postings,
  request: RecallRequest,
  weights: RecallWeights,
  first: number,
): Promise<readonly Evidence[]> {
  const scored = scorePostings(postings, weights);
  const reader = new CandidateReader(source, postings, request);
  for (let most = first; ; most *= 2) {
    const candidates = scored.best(most);
    const found = await reader.read(candidates);
    const isAll = candidates.length < most || most >= MOST_CANDIDATES;
    if (found.length >= request.limit || isAll) return found;
  }
}

/** Reads each candidate once, however often more of them are asked for. */
class CandidateReader {
  readonly #source: RecallSource;
  readonly #posted: Postings['posted'];
  readonly #request: RecallRequest;
  /** Slots of records that were read. */
  readonly #read = new Set<number>();
  /** Places that were looked at, and what each is worth. */
  readonly #places = new Map<string, Candidate>();
  readonly #found: Evidence[] = [];

  constructor(source: RecallSource, { posted }: Postings, request: RecallRequest) {
    this.#source = source;
    this.#posted = posted;
    this.#request = request;
  }

  /** All that was read so far, as far as it passes what postings do not filter. */
  async read(candidates: readonly Candidate[]): Promise<readonly Evidence[]> {
    await this.#readOwn(
      candidates.filter(({ slot, offset }) => offset === 0 && !this.#read.has(slot)),
    );
    await this.#readBeside(
      candidates.filter((one) => one.offset !== 0 && !this.#places.has(this.#placeOf(one))),
    );
    return this.#found;
  }

  async #readOwn(candidates: readonly Candidate[]): Promise<void> {
    if (candidates.length === 0) return;
    const records = await this.#source.recordsAt(candidates.map(({ slot }) => slot));
    for (const candidate of candidates) {
      this.#read.add(candidate.slot);
      const record = records.get(candidate.slot);
      if (record !== undefined) this.#add(record, candidate);
    }
  }

  async #readBeside(candidates: readonly Candidate[]): Promise<void> {
    if (candidates.length === 0) return;
    for (const one of candidates) this.#places.set(this.#placeOf(one), one);
    for (const [slot, record] of await this.#source.recordsBeside(candidates)) {
      const { namespace, thread = '', position = 0 } = record;
      const candidate = this.#places.get(keyOf(threadNumber(namespace, thread), position));
      // One that was moved since is at a place that nobody asked for.
      if (candidate === undefined || this.#read.has(slot)) continue;
      if (!passes(record, this.#request)) continue;
      this.#read.add(slot);
      this.#add(record, candidate);
    }
  }

  #add(record: StoredRecord, { score, reached }: Candidate): void {
    const evidence = new Evidence(record, score, reached);
    if (isValidAt(evidence, this.#request)) this.#found.push(evidence);
  }

  #placeOf({ slot, offset }: Candidate): string {
    return keyOf(this.#posted.threadOf(slot), this.#posted.positionOf(slot) + offset);
  }
}

function keyOf(thread: number, position: number): string {
  return `${thread}\n${position}`;
}

/** What stands beside a match was not filtered yet. */
function passes(
  { namespace, collection, archived }: StoredRecord,
  request: RecallRequest,
): boolean {
  const { namespaces } = request;
  return (
    !archived &&
    (namespaces === undefined || namespaces.includes(namespace)) &&
    (request.collection === undefined || request.collection === collection)
  );
}
