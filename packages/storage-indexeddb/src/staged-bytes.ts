import type { Guid } from '@mnemesh/protocol';
import type { DroppedBytes, KeptBytes, NumberedBytes } from './document-place.js';

interface Kept {
  readonly named: number;
  readonly updates: NumberedBytes[];
  snapshot?: NumberedBytes;
}

/** What a group of batches does to bytes that lie apart from their rows. */
export class StagedBytes {
  readonly #kept = new Map<Guid, Kept>();
  readonly #dropped: DroppedBytes[] = [];

  get kept(): readonly KeptBytes[] {
    return [...this.#kept].map(([guid, kept]) => ({ guid, ...kept }));
  }

  get dropped(): readonly DroppedBytes[] {
    return this.#dropped;
  }

  update(guid: Guid, named: number, update: NumberedBytes): void {
    this.#of(guid, named).updates.push(update);
  }

  snapshot(guid: Guid, named: number, snapshot: NumberedBytes): void {
    this.#of(guid, named).snapshot = snapshot;
  }

  drop(dropped: DroppedBytes): void {
    if ('all' in dropped) this.#kept.delete(dropped.guid);
    this.#dropped.push(dropped);
  }

  #of(guid: Guid, named: number): Kept {
    const kept = this.#kept.get(guid) ?? { named, updates: [] };
    this.#kept.set(guid, kept);
    return kept;
  }
}
