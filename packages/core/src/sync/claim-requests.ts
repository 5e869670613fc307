import { type Cancel, type FrameOf, MnemeshError } from '@mnemesh/protocol';
import type { ClaimAnswer, ClaimAsked } from '../tasks/strict-claim.js';
import type { Timers } from '../timers.js';
import { syncLimits } from './sync-limits.js';

interface Waiting {
  readonly answered: (answer: ClaimAnswer) => void;
  readonly failed: (error: MnemeshError) => void;
  readonly cancel: Cancel;
}

/** Strict claims that were asked for on one link and not answered yet. */
export class ClaimRequests {
  readonly #timers: Timers;
  readonly #send: (frame: FrameOf<'claim'>) => void;
  readonly #waiting = new Map<number, Waiting>();
  #requests = 0;

  constructor(timers: Timers, send: (frame: FrameOf<'claim'>) => void) {
    this.#timers = timers;
    this.#send = send;
  }

  /** @throws MnemeshError `relay_unavailable` when no answer comes: whether it was granted is not known then, and asking again tells */
  ask(asked: ClaimAsked): Promise<ClaimAnswer> {
    if (this.#waiting.size >= syncLimits.claimsWaiting) return Promise.reject(tooMany());
    const request = ++this.#requests;
    return new Promise((answered, failed) => {
      const cancel = this.#timers.after(syncLimits.claimAnswerMs, () => {
        this.#waiting.delete(request);
        failed(
          unavailable(`The relay did not answer within ${syncLimits.claimAnswerMs / 1000} s.`),
        );
      });
      this.#waiting.set(request, { answered, failed, cancel });
      this.#send({ type: 'claim', request, ...asked });
    });
  }

  answered({ request, outcome, token, holder, remainingMs }: FrameOf<'claimed'>): void {
    const waiting = this.#waiting.get(request);
    this.#waiting.delete(request);
    waiting?.cancel();
    waiting?.answered({ outcome, token, holder, remainingMs });
  }

  /** The link closed. */
  end(): void {
    const all = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { cancel, failed } of all) {
      cancel();
      failed(unavailable('The link to the relay ended before it answered.'));
    }
  }
}

export function unavailable(what: string): MnemeshError {
  return new MnemeshError(
    'relay_unavailable',
    `${what} A strict claim is only taken with the relay: try again once it is reachable, or take an advisory one.`,
    { retryable: true },
  );
}

function tooMany(): MnemeshError {
  return new MnemeshError(
    'overloaded',
    `${syncLimits.claimsWaiting} strict claims wait for the relay already. Await some before the next.`,
    { retryable: true },
  );
}
