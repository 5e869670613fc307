import { Write, type Written } from '../write.js';
import type { MemoryItem, SimilarItem } from './memory-item.js';

export interface WrittenItem extends Written<MemoryItem> {
  readonly confirmed: boolean;
}

/** A write of a memory item, and what it met. */
export class MemoryWrite extends Write<MemoryItem> {
  /** True when the text was known to come from an item: then no item was added, and that one is given. */
  readonly confirmed: Promise<boolean>;
  readonly #look: (item: MemoryItem) => Promise<readonly SimilarItem[]>;

  constructor(
    saved: Promise<WrittenItem>,
    look: (item: MemoryItem) => Promise<readonly SimilarItem[]>,
  ) {
    super(saved);
    this.confirmed = saved.then(({ confirmed }) => confirmed);
    this.confirmed.catch(() => undefined);
    this.#look = look;
  }

  /** Other items that say nearly the same. Looked for when asked: the write itself does not wait for it. */
  get similar(): Promise<readonly SimilarItem[]> {
    return this.saved.then((item) => this.#look(item));
  }
}
