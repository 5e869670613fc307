import type { FrameOf, Runtime } from '@mnemesh/protocol';
import { limits as wireLimits } from '@mnemesh/protocol';
import type { RelayLimits } from './relay-limits.js';
import type { GrantedClaim, MeshLog } from './update-log.js';

type Asked = FrameOf<'claim'>;
type Answer = FrameOf<'claimed'>;

/**
 * Strict claims of one mesh: a compare-and-set register for each task, whose grants are durable before
 * anybody is told. The relay knows nothing of leases that are renewed or released: those are in records,
 * and a claimant says by `expected` which grant it has seen the end of.
 */
export class StrictClaims {
  readonly #log: MeshLog;
  readonly #runtime: Pick<Runtime, 'now'>;
  readonly #limits: Pick<RelayLimits, 'meshClaims'>;
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    log: MeshLog,
    runtime: Pick<Runtime, 'now'>,
    limits: Pick<RelayLimits, 'meshClaims'>,
  ) {
    this.#log = log;
    this.#runtime = runtime;
    this.#limits = limits;
  }

  /** One after another. @throws MnemeshError `store_failed`: nothing was granted, or nobody is told */
  answer(asked: Asked): Promise<Answer> {
    const answer = this.#last.then(() => this.#answer(asked));
    this.#last = answer.catch(() => undefined);
    return answer;
  }

  async #answer(asked: Asked): Promise<Answer> {
    const { request, namespace, record, agent, session, ttlMs } = asked;
    if (this.#log.claimsInDoubt) return refused(request, 'in_doubt');
    const last = await this.#log.claim({ namespace, record });
    if (last !== undefined) {
      if (isRepeated(last, asked)) return this.#told(request, 'granted', last);
      if (!isExpected(last, asked)) return this.#told(request, 'held', last);
    } else if (this.#log.claims >= this.#limits.meshClaims) return refused(request, 'full');
    const replaced = Math.max(last?.number ?? 0, asked.expected?.number ?? 0);
    // No log has granted so often, and no number comes after it.
    if (replaced >= Number.MAX_SAFE_INTEGER) return refused(request, 'full');
    const incarnation = this.#log.incarnations.at(-1)?.incarnation as GrantedClaim['incarnation'];
    const until = Math.floor(this.#runtime.now()) + ttlMs;
    const claim = { incarnation, number: replaced + 1, agent, session, until, replaced };
    await this.#log.putClaim({ namespace, record }, claim);
    return this.#told(request, 'granted', claim);
  }

  #told(request: number, outcome: Answer['outcome'], claim: GrantedClaim): Answer {
    const { incarnation, number, agent, session, until } = claim;
    const left = Math.floor(until - this.#runtime.now());
    return {
      type: 'claimed',
      request,
      outcome,
      token: { incarnation, number },
      holder: { agent, session },
      remainingMs: Math.min(Math.max(0, left), wireLimits.claimMs),
    };
  }
}

function refused(request: number, outcome: 'in_doubt' | 'full'): Answer {
  const none = { token: undefined, holder: undefined, remainingMs: 0 };
  return { type: 'claimed', request, outcome, ...none };
}

/** The answer to the first asking was lost on its way. */
function isRepeated(last: GrantedClaim, asked: Asked): boolean {
  return (
    last.agent === asked.agent &&
    last.session === asked.session &&
    last.replaced === (asked.expected?.number ?? 0)
  );
}

/** Does the claimant know the last grant? One that knows a later grant than the log does, knows what the log has lost. */
function isExpected(last: GrantedClaim, { expected }: Asked): boolean {
  if (expected === undefined || expected.number < last.number) return false;
  return expected.number > last.number || expected.incarnation === last.incarnation;
}
