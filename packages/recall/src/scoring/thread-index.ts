/** Threads by small numbers; most postings follow one of the same thread. */
export class ThreadIndex {
  readonly #numbers = new Map<number, number>();
  #last = 0;
  #lastNumber = 0;

  of(thread: number): number {
    if (thread === this.#last) return this.#lastNumber;
    let number = this.#numbers.get(thread);
    if (number === undefined) {
      number = this.#numbers.size + 1;
      this.#numbers.set(thread, number);
    }
    this.#last = thread;
    this.#lastNumber = number;
    return number;
  }
}
