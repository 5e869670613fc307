/** Runs tasks one after another, in the order they were given. A failed task does not stop the next. */
export class SerialQueue {
  #last: Promise<unknown> = Promise.resolve();
  #length = 0;

  get idle(): boolean {
    return this.#length === 0;
  }

  run<T>(task: () => Promise<T>): Promise<T> {
    this.#length++;
    const result = this.#last.then(task).finally(() => {
      this.#length--;
    });
    this.#last = result.catch(() => undefined);
    return result;
  }

  /** Resolves when everything given so far has run. */
  async drained(): Promise<void> {
    await this.#last;
  }
}
