import type { SeededRandom } from './seeded-random.js';

interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** The bytes of one file: what a reader sees now, and how much of it would survive a power loss. */
export class SimulatedFile {
  #bytes: Uint8Array;
  #length: number;
  #flushed: number;
  /** Bytes a failed flush gave up. Later flushes pass them over, as Linux does; a power loss spoils them. */
  #lost: Stretch[] = [];

  /** @param content taken over as flushed */
  constructor(content: Uint8Array) {
    this.#bytes = content.slice();
    this.#length = content.length;
    this.#flushed = content.length;
  }

  get length(): number {
    return this.#length;
  }

  /** A copy of what a reader sees. */
  read(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  /** A copy of the bytes that no crash can take any more. */
  readFlushed(): Uint8Array {
    return this.#bytes.slice(0, Math.min(this.#flushed, this.#lost[0]?.from ?? this.#flushed));
  }

  append(bytes: Uint8Array): void {
    const length = this.#length + bytes.length;
    if (length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(length, this.#bytes.length * 2, 256));
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
    }
    this.#bytes.set(bytes, this.#length);
    this.#length = length;
  }

  truncate(length: number): void {
    this.#length = Math.min(this.#length, length);
    this.#flushed = Math.min(this.#flushed, this.#length);
    this.#lost = this.#lost
      .map(({ from, to }) => ({ from, to: Math.min(to, this.#length) }))
      .filter(({ from, to }) => from < to);
  }

  /** @param through bytes written when the flush began; those written later are not covered */
  flush(through: number): void {
    this.#flushed = Math.max(this.#flushed, Math.min(through, this.#length));
  }

  failFlush(through: number): void {
    if (this.#flushed < through) this.#lost.push({ from: this.#flushed, to: through });
  }

  /** Power loss: a random prefix of the unflushed tail stays, and sometimes its end is garbage or zeros. */
  tear(random: SeededRandom): void {
    const kept = this.#flushed + random.int(this.#length - this.#flushed + 1);
    const garbage = random.chance(0.5) ? random.int(kept - this.#flushed + 1) : 0;
    const zeros = random.chance(0.3);
    const spoiled: readonly Stretch[] = [...this.#lost, { from: kept - garbage, to: kept }];
    for (const { from, to } of spoiled) {
      for (let at = from; at < Math.min(to, kept); at++) {
        this.#bytes[at] = zeros ? 0 : random.uint32() & 255;
      }
    }
    this.#length = kept;
    this.#flushed = kept;
    this.#lost = [];
  }
}
