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
  readonly #refused = new Map<Guid, Error>();
  #failure: Error | undefined;

  get(guid: Guid): DocumentState {
    return this.#states.get(guid) ?? emptyState;
  }

  has(guid: Guid): boolean {
    return this.#states.has(guid);
  }

  /** The other end holds this too. */
  add(guid: Guid, state: DocumentState): void {
    this.#states.set(guid, uniteStates(this.get(guid), state));
    this.#refused.delete(guid);
    const waiters = this.#waiters.get(guid);
    if (waiters === undefined) return;
    const known = this.get(guid);
    const rest: Waiter[] = [];
    const reached: Waiter[] = [];
    for (const waiter of waiters) (stateCovers(known, waiter.target) ? reached : rest).push(waiter);
    if (rest.length === 0) this.#waiters.delete(guid);
    else this.#waiters.set(guid, rest);
    for (const waiter of reached) waiter.reached();
  }

  /** Resolves when the other end holds `target`. Pending for as long as it does not; rejects once waiting is over. */
  reaches(guid: Guid, target: DocumentState): Promise<void> {
    if (stateCovers(this.get(guid), target)) return Promise.resolve();
    const failure = this.#failure ?? this.#refused.get(guid);
    if (failure !== undefined) return Promise.reject(failure);
    return new Promise((reached, failed) => {
      const waiters = this.#waiters.get(guid) ?? [];
      waiters.push({ target, reached, failed });
      this.#waiters.set(guid, waiters);
    });
  }

  /** The other end takes no more of the document: who waits is told, and whoever asks until it takes something. */
  refuse(guid: Guid, error: Error): void {
    this.#refused.set(guid, error);
    this.#end(guid, error);
  }

  /** The other end lost what it had, or is another one. Who waits goes on waiting. */
  forget(): void {
    this.#states.clear();
    this.#refused.clear();
  }

  /** The document is over: nobody will hold more of it, and who waits for that is told. */
  drop(guid: Guid, error: Error): void {
    this.#states.delete(guid);
    this.#refused.delete(guid);
    this.#end(guid, error);
  }

  /** Ends all waiting, for good. */
  fail(error: Error): void {
    this.#failure = error;
    for (const waiters of this.#waiters.values())
      for (const waiter of waiters) waiter.failed(error);
    this.#waiters.clear();
  }

  #end(guid: Guid, error: Error): void {
    for (const { failed } of this.#waiters.get(guid) ?? []) failed(error);
    this.#waiters.delete(guid);
  }
}
