import { type End, Ends, type Guid, hasCode } from '@mnemesh/protocol';
import { type DocumentState, stateCovers } from '@mnemesh/segment';
import type { DocumentStates } from './document-states.js';
import type { Folding } from './folding.js';
import type { DocumentName, MeshLog } from './update-log.js';

export interface ForgettingOptions {
  readonly log: MeshLog;
  readonly states: DocumentStates;
  readonly folding: Folding;
  /** Resolves when all that is pending now is durable. */
  readonly flush: () => Promise<void>;
  /** Resolves when what is deleted by now is erased from the disk. */
  readonly erased: () => Promise<void>;
  /** The log refused a write. */
  readonly failed: (error: unknown) => void;
}

/** Scrubs and ends of one mesh at one relay. */
export class Forgetting {
  readonly #options: ForgettingOptions;
  readonly #ends = new Ends();
  /** Ends of which this process has erased what there was. Those of an earlier one may have been cut off before it had. */
  readonly #settled = new Set<string>();

  constructor(options: ForgettingOptions, ends: readonly End[]) {
    this.#options = options;
    for (const end of ends) this.#ends.add(end);
  }

  isEnded({ namespace, segment }: DocumentName): boolean {
    return this.#ends.has(namespace, segment);
  }

  /** @returns false when it could not be done now: whoever asked asks again after its next sync */
  async scrub(name: DocumentName, state: DocumentState): Promise<boolean> {
    const { states, folding, flush, erased } = this.#options;
    await flush();
    if (!this.isEnded(name)) {
      const document = await states.acquire(name);
      const isHeld = stateCovers(document.committed, state);
      states.release(document);
      if (!isHeld || !(await folding.scrub(name.guid))) return false;
    }
    return done(erased());
  }

  /** @returns false when it could not be done now */
  async end(end: End): Promise<boolean> {
    const { log, states, folding, flush, failed, erased } = this.#options;
    const name = [end.namespace, end.floor, end.segment ?? ''].join(' ');
    if (this.#settled.has(name)) return true;
    // At once, so that nothing more is taken in; what is pending is committed, and then deleted.
    this.#ends.add(end);
    await flush();
    try {
      await folding.between(async () => {
        const over = [...states.heads.values()].filter((head) => this.isEnded(head));
        const guids: readonly Guid[] = over.map(({ guid }) => guid);
        await log.putEnd(end, guids);
        states.remove(guids);
      });
    } catch (error) {
      failed(error);
      return false;
    }
    if (!(await done(erased()))) return false;
    this.#settled.add(name);
    return true;
  }
}

async function done(erased: Promise<void>): Promise<boolean> {
  try {
    await erased;
    return true;
  } catch (error) {
    if (hasCode(error, 'closed')) return false;
    throw error;
  }
}
