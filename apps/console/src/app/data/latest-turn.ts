/** Somebody asked for something newer before this had begun: nobody waits for it any more. */
export class Overtaken extends Error {
  constructor() {
    super('A newer question was asked.');
    this.name = 'Overtaken';
  }
}

/** Does one piece of work at a time, and of those that wait only the latest: what was asked while somebody typed on is left out. */
export class LatestTurn {
  #last: Promise<unknown> = Promise.resolve();
  #asked = 0;

  /** @throws Overtaken before it has begun, when there is later work */
  run<T>(work: () => Promise<T>): Promise<T> {
    this.#asked += 1;
    const own = this.#asked;
    const turn = this.#last.then(() => {
      if (own !== this.#asked) throw new Overtaken();
      return work();
    });
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}
