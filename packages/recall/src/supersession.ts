import type { RecallRequest, RecallSource } from '@mnemesh/core';
import type { Namespace, RecordId } from '@mnemesh/protocol';
import { Evidence } from './scoring/evidence.js';
import type { Scored } from './scoring/second-scoring.js';
import { beginOf, isValidAt } from './validity.js';

/** Items superseded one after the other that are followed; a longer chain shows one of its middle. */
const STEPS = 256;
/** Of the best, this many times the limit are looked at; more, where many of them are of one chain. */
const LOOKED_AT = 2;
const LOOKED_AT_MOST = 40;

/**
 * Puts in place of a superseded item what superseded it, once, at the better rank of the two. With
 * `asOf`, only what had superseded it by then.
 */
export async function collapseSuperseded(
  source: RecallSource,
  scored: readonly Scored[],
  request: RecallRequest,
): Promise<readonly Scored[]> {
  const successors = new Successors(source, request);
  const heads = new Map<string, Scored>();
  for (const [i, one] of scored.slice(0, request.limit * LOOKED_AT_MOST).entries()) {
    if (i >= request.limit * LOOKED_AT && heads.size >= request.limit) break;
    for (const head of await successors.headsOf(one.evidence)) {
      const key = `${head.record.namespace}\n${head.record.id}`;
      const known = heads.get(key);
      const isHead = head === one.evidence;
      if (isHead) {
        // Its own reasons say more than its place in a chain.
        heads.set(
          key,
          known === undefined
            ? one
            : {
                ...one,
                score: Math.max(one.score, known.score),
                why: [...one.why, ...known.why.filter((why) => why.startsWith('replaces'))],
              },
        );
      } else if (known === undefined) {
        heads.set(key, {
          evidence: head,
          score: one.score,
          why: [`replaces ${one.evidence.record.id}`, ...one.why],
        });
      }
    }
  }
  return [...heads.values()].sort(
    (a, b) => b.score - a.score || (a.evidence.record.id < b.evidence.record.id ? -1 : 1),
  );
}

/** Whatever took the place of an item; without evidence when it was forgotten or archived, and gives the place back to nobody. */
interface Successor {
  readonly namespace: Namespace;
  readonly id: RecordId;
  readonly evidence?: Evidence;
}

class Successors {
  readonly #source: RecallSource;
  readonly #request: RecallRequest;
  readonly #known = new Map<string, readonly Successor[]>();

  constructor(source: RecallSource, request: RecallRequest) {
    this.#source = source;
    this.#request = request;
  }

  /** The item itself, when nothing superseded it; nobody, when all that did is gone. */
  async headsOf(item: Evidence): Promise<readonly Evidence[]> {
    const { namespace, id, collection } = item.record;
    if (collection !== 'memory') return [item];
    let level: readonly Successor[] = [{ namespace, id, evidence: item }];
    const heads = new Map<RecordId, Successor>();
    const seen = new Set<RecordId>([id]);
    for (let step = 0; step < STEPS && level.length > 0; step++) {
      const next: Successor[] = [];
      for (const one of level) {
        const successors = await this.#of(one);
        const fresh = successors.filter((successor) => !seen.has(successor.id));
        for (const successor of fresh) seen.add(successor.id);
        if (successors.length === 0) heads.set(one.id, one);
        else next.push(...fresh);
      }
      level = next;
    }
    // A ring of items that supersede each other has no head: then the item stands for itself.
    for (const one of level) heads.set(one.id, one);
    if (heads.size === 0) return [item];
    return [...heads.values()].flatMap(({ evidence }) => evidence ?? []);
  }

  async #of(one: Successor): Promise<readonly Successor[]> {
    const key = `${one.namespace}\n${one.id}`;
    const known = this.#known.get(key) ?? (await this.#read(one));
    this.#known.set(key, known);
    return known;
  }

  async #read({ namespace, id }: Successor): Promise<readonly Successor[]> {
    const named = await this.#source.namedBy(namespace, 'supersedes', [id]);
    const found = await Promise.all(
      named.map(async (by): Promise<Successor | undefined> => {
        const record = await this.#source.record(namespace, by.id);
        if (record === undefined) return { namespace, id: by.id };
        const evidence = new Evidence(record);
        if (!this.#countsFor(evidence)) return undefined;
        return { namespace, id: by.id, ...(record.archived ? {} : { evidence }) };
      }),
    );
    return found.filter((one) => one !== undefined);
  }

  /** An item that was not there yet as of then, or has ended, has superseded nothing. */
  #countsFor(one: Evidence): boolean {
    const { asOf } = this.#request;
    return asOf === undefined ? isValidAt(one, this.#request) : beginOf(one) <= asOf;
  }
}
