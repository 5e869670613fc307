import type { Mesh } from '@mnemesh/core';
import { type Answer, keepSame, notYet } from './answer.js';

/** What can be asked of a mesh. `Query` is plain JSON: equal ones are one question. */
export interface QuestionKind<Query, T> {
  readonly name: string;
  ask(mesh: Mesh, query: Query): Promise<T>;
  /** Calls `changed` when the answer may have become another one. Returns a function that ends it. */
  watch?(mesh: Mesh, query: Query, changed: () => void): () => void;
  /** Milliseconds for which somebody must want the answer before it is asked for. */
  delayMs?(query: Query): number;
}

/**
 * One question whose answer is kept current, from its first listener to its end. It is asked once at a time:
 * whatever changes meanwhile makes it be asked once more.
 */
export class LiveQuestion<Query, T> {
  readonly #mesh: Mesh;
  readonly #kind: QuestionKind<Query, T>;
  readonly #query: Query;
  readonly #listeners = new Set<() => void>();
  #answer: Answer<T> = notYet;
  #endWatch: (() => void) | undefined;
  #delay: ReturnType<typeof setTimeout> | undefined;
  #asking = false;
  #changed = false;
  #ended = false;

  constructor(mesh: Mesh, kind: QuestionKind<Query, T>, query: Query) {
    this.#mesh = mesh;
    this.#kind = kind;
    this.#query = query;
  }

  get answer(): Answer<T> {
    return this.#answer;
  }

  get isWanted(): boolean {
    return this.#listeners.size > 0;
  }

  begin(): void {
    const { watch, delayMs } = this.#kind;
    try {
      // Before the first answer, or a change between the two would be missed.
      this.#endWatch = watch?.(this.#mesh, this.#query, () => void this.#ask());
    } catch (error) {
      this.#set(refused(error));
      return;
    }
    const delay = delayMs?.(this.#query) ?? 0;
    if (delay > 0) this.#delay = setTimeout(() => void this.#ask(), delay);
    else void this.#ask();
  }

  /** Called once nobody listens. What is still on its way is told to nobody, and not asked again. */
  end(): void {
    this.#ended = true;
    this.#endWatch?.();
    clearTimeout(this.#delay);
  }

  /** Returns a function that takes the listener back. */
  add(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async #ask(): Promise<void> {
    this.#changed = true;
    if (this.#asking) return;
    this.#asking = true;
    while (this.#changed && !this.#ended) {
      this.#changed = false;
      this.#set(await this.#answerNow());
    }
    this.#asking = false;
  }

  async #answerNow(): Promise<Answer<T>> {
    const { data: before } = this.#answer;
    try {
      const data = keepSame(before, await this.#kind.ask(this.#mesh, this.#query));
      if (data === before && this.#answer.error === undefined) return this.#answer;
      return { data, error: undefined, isStale: false };
    } catch (error) {
      // What is shown when the mesh closes stays as it is.
      if (before !== undefined && isClosed(error)) return this.#answer;
      return { ...refused(error), data: before };
    }
  }

  #set(answer: Answer<T>): void {
    if (answer === this.#answer) return;
    this.#answer = answer;
    for (const listener of [...this.#listeners]) listener();
  }
}

function refused(error: unknown): Answer<never> {
  return {
    data: undefined,
    error: error instanceof Error ? error : new Error(String(error)),
    isStale: false,
  };
}

function isClosed(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'closed';
}
