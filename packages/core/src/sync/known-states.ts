import type { Guid } from '@mnemesh/protocol';
import { type DocumentState, emptyState, stateCovers, uniteStates } from '@mnemesh/segment';

interface Waiter {
  readonly target: DocumentState;
  readonly reached: () => void;
  readonly failed: (error: Error) => void;
}

/** What another end durably holds of each document, and who waits for it to hold more. */
export class KnownStates {
  readonly #states = new Map<Guid, DocumentState>();
  readonly #waiters = new Map<Guid, Waiter[]>();

  get(guid: Guid): DocumentState {
    return this.#states.get(guid) ?? emptyState;
  }

  has(guid: Guid): boolean {
    return this.#states.has(guid);
  }

  /** The other end holds this too. */
  add(guid: Guid, state: DocumentState): void {
    this.#states.set(guid, uniteStates(this.get(guid), state));
    const waiters = this.#waiters.get(guid);
    if (waiters === undefined) return;
    const known = this.get(guid);
    const rest = waiters.filter((waiter) => !stateCovers(known, waiter.target));
    if (rest.length === 0) this.#waiters.delete(guid);
    else this.#waiters.set(guid, rest);
    for (const waiter of waiters) if (!rest.includes(waiter)) waiter.reached();
  }

  /** Resolves when the other end holds `target`. Pending for as long as it does not. */
  reaches(guid: Guid, target: DocumentState): Promise<void> {
    if (stateCovers(this.get(guid), target)) return Promise.resolve();
    return new Promise((reached, failed) => {
      const waiter = { target, reached, failed };
      this.#waiters.set(guid, [...(this.#waiters.get(guid) ?? []), waiter]);
    });
  }

  /** The other end lost what it had, or is another one. Who waits goes on waiting. */
  forget(): void {
    this.#states.clear();
  }

  /** The document is over: nobody will hold more of it, and who waits for that is told. */
  drop(guid: Guid, error: Error): void {
    this.#states.delete(guid);
    for (const { failed } of this.#waiters.get(guid) ?? []) failed(error);
    this.#waiters.delete(guid);
  }

  /** Ends all waiting. */
  fail(error: Error): void {
    for (const waiters of this.#waiters.values())
      for (const waiter of waiters) waiter.failed(error);
    this.#waiters.clear();
  }
}
