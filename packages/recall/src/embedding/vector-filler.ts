import type { RecallPreparation, RecordText, VectorStore } from '@mnemesh/core';
import { type Cancel, MnemeshError, type Runtime } from '@mnemesh/protocol';
import type { Embedder, EmbedOptions } from './embedder.js';
import { Ending } from './ending.js';

/** Records that are given vectors together: one request, and one transaction of the store. */
const FILLED_TOGETHER = 64;
/** Milliseconds between a change and what it sets off: writes come in bursts, and go first. */
const AFTER_CHANGE_MS = 2_000;
/** Milliseconds between two requests, so that the store's other users get their turn. */
const BETWEEN_MS = 50;
/** Milliseconds until an embedder that failed is asked again; twice as long each time, up to the longest. */
const FIRST_RETRY_MS = 5_000;
const LONGEST_RETRY_MS = 300_000;
/** Milliseconds in which recall does not wait for an embedder that has just failed. */
const SPARED_MS = 10_000;
/** Texts that the embedder refuses, one by one. With more, it is the embedder that is not right. */
const MOST_REFUSED = 1_000;
/** Texts refused in a row after which the rest is not tried. */
const REFUSED_IN_A_ROW = 3;

type Batch = readonly (readonly [number, RecordText])[];

/**
 * Gives the records of one store their vectors, newest first, a few at a time. It keeps no list: what has no
 * vector is what is left to do, so that it goes on after a kill where it was.
 */
export class VectorFiller implements RecallPreparation {
  readonly #vectors: VectorStore;
  readonly #embedder: Embedder;
  readonly #runtime: Pick<Runtime, 'after' | 'now' | 'log'>;
  /** By slot: texts that the embedder did not take. */
  readonly #refused = new Map<number, string>();
  readonly #ending = new Ending();
  #cancel: Cancel | undefined;
  #filling: Promise<void> = Promise.resolve();
  #isFilling = false;
  /** Something may lack a vector. */
  #isBehind = true;
  #changes = 0;
  #failures = 0;
  #failedAt: number | undefined;

  constructor(
    vectors: VectorStore,
    embedder: Embedder,
    runtime: Pick<Runtime, 'after' | 'now' | 'log'>,
  ) {
    this.#vectors = vectors;
    this.#embedder = embedder;
    this.#runtime = runtime;
    this.#plan(AFTER_CHANGE_MS);
  }

  changed(): void {
    this.#changes += 1;
    this.#isBehind = true;
    if (this.#failures === 0) this.#plan(AFTER_CHANGE_MS);
  }

  /** Idempotent. */
  async close(): Promise<void> {
    this.#ending.end();
    this.#cancel?.();
    await this.#filling;
  }

  /** Records may be without vectors still. */
  get isBehind(): boolean {
    return this.#isBehind;
  }

  /** The vector of a query; before it, what was written last gets its own. @throws MnemeshError as the embedder does */
  async query(text: string): Promise<Float32Array | undefined> {
    const now = this.#runtime.now();
    if (this.#failedAt !== undefined && now - this.#failedAt < SPARED_MS)
      throw new MnemeshError('offline', 'The embedder failed a moment ago.', { retryable: true });
    try {
      if (this.#isBehind && !this.#isFilling) await this.#fillOnce({ urgent: true });
      const [vector] = await this.#embedder.embed([text], { urgent: true, until: this.#ending });
      this.#failedAt = undefined;
      return vector;
    } catch (error) {
      this.#failedAt = now;
      throw error;
    }
  }

  #plan(ms: number): void {
    if (this.#ending.hasEnded || this.#isFilling || this.#cancel !== undefined) return;
    this.#cancel = this.#runtime.after(ms, () => {
      this.#cancel = undefined;
      this.#isFilling = true;
      this.#filling = this.#fill();
    });
  }

  async #fill(): Promise<void> {
    let next = BETWEEN_MS;
    try {
      await this.#fillOnce({});
      this.#failures = 0;
      this.#failedAt = undefined;
    } catch (error) {
      if (this.#ending.hasEnded) return;
      next = Math.min(FIRST_RETRY_MS * 2 ** this.#failures, LONGEST_RETRY_MS);
      this.#failures += 1;
      const level = this.#failures === 1 ? 'warn' : 'debug';
      this.#runtime.log(level, 'the embedder failed; recall goes on by words', {
        error: error instanceof Error ? error.message : String(error),
        againInMs: next,
      });
    } finally {
      this.#isFilling = false;
    }
    if (this.#isBehind) this.#plan(next);
  }

  async #fillOnce(how: EmbedOptions): Promise<void> {
    const changes = this.#changes;
    const batch = await this.#missing();
    if (batch.length > 0) await this.#embed(batch, { ...how, until: this.#ending });
    if (batch.length < FILLED_TOGETHER && changes === this.#changes) this.#isBehind = false;
  }

  async #missing(): Promise<Batch> {
    const wanted = FILLED_TOGETHER + this.#refused.size;
    const missing = await this.#vectors.missing(this.#embedder.id, wanted);
    return [...missing]
      .filter(([slot, { text }]) => this.#refused.get(slot) !== text)
      .slice(0, FILLED_TOGETHER);
  }

  async #embed(batch: Batch, how: EmbedOptions): Promise<void> {
    try {
      await this.#embedTogether(batch, how);
    } catch (error) {
      if (how.urgent === true || batch.length === 1 || !isRefusal(error)) throw error;
      await this.#embedApart(batch, how);
    }
  }

  async #embedTogether(batch: Batch, how: EmbedOptions): Promise<void> {
    const texts = batch.map(([, { text }]) => text);
    const made = await this.#embedder.embed(texts, how);
    await this.#vectors.put(
      this.#embedder.id,
      batch.flatMap(([slot, record], i) => {
        const vector = made[i];
        return vector === undefined ? [] : [{ slot, record, vector }];
      }),
    );
  }

  /** One text that the embedder does not take must not keep the others from it. */
  async #embedApart(batch: Batch, how: EmbedOptions): Promise<void> {
    let inARow = 0;
    for (const one of batch) {
      try {
        await this.#embedTogether([one], how);
        inARow = 0;
      } catch (error) {
        inARow += 1;
        const isTheEmbedder = inARow >= REFUSED_IN_A_ROW || this.#refused.size >= MOST_REFUSED;
        if (!isRefusal(error) || isTheEmbedder) throw error;
        this.#refused.set(one[0], one[1].text);
      }
    }
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof MnemeshError && error.code === 'bad_input' && !error.retryable;
}
