import { MnemeshError, type Namespace } from '@mnemesh/protocol';
import { type ReplicaStore, THREAD_POSITIONS } from '../ports/index.js';

/** Threads whose end is remembered. One that falls out is read from the store again. */
const REMEMBERED = 10_000;

/**
 * Gives out places at the end of threads, so that what one replica appends at once does not fall on
 * one place. Replicas that append apart may give out the same ones; readers order those by their clocks.
 */
export class ThreadPositions {
  readonly #store: Pick<ReplicaStore, 'thread'>;
  readonly #next = new Map<string, Promise<number>>();

  constructor(store: Pick<ReplicaStore, 'thread'>) {
    this.#store = store;
  }

  /** @returns the first of `count` places @throws MnemeshError `too_large` when the thread is full */
  take(namespace: Namespace, thread: string, count: number): Promise<number> {
    const key = `${namespace}\n${thread}`;
    const given = this.#next.get(key) ?? Promise.resolve(0);
    const first = given.then(async (next) => {
      const end = Math.max(next, await this.#end(namespace, thread));
      if (end + count - 1 <= THREAD_POSITIONS) return end;
      throw new MnemeshError('too_large', `${thread} is full. Begin another conversation.`);
    });
    this.#next.delete(key);
    const next = first.then(
      (from) => from + count,
      () => given,
    );
    this.#next.set(key, next);
    if (this.#next.size > REMEMBERED) this.#next.delete([...this.#next.keys()][0] as string);
    return first;
  }

  async #end(namespace: Namespace, thread: string): Promise<number> {
    const [last] = await this.#store.thread({
      namespace,
      thread,
      limit: 1,
      direction: 'backward',
    });
    return last?.position === undefined ? 0 : last.position + 1;
  }
}
