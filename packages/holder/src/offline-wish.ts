/** What a session asked of the offline switch, for the next holder to know: until somebody else sets it otherwise. */
export class OfflineWish {
  #asked: boolean | undefined;
  #isDone = false;

  ask(offline: boolean): void {
    this.#asked = offline;
    this.#isDone = false;
  }

  /** The holder tells how it is set. What it told before it heard of the wish is no answer. */
  told(offline: boolean): void {
    if (offline === this.#asked) this.#isDone = true;
    else if (this.#isDone) this.#asked = undefined;
  }

  /** @returns what a new holder is asked; undefined: nothing */
  askAgain(): boolean | undefined {
    this.#isDone = false;
    return this.#asked;
  }
}
