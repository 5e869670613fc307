import type { Namespace, RecordId } from '@mnemesh/protocol';
import type { RecordKey } from './found.js';

/** Numbers for records, given when one is first asked for, and valid while the store is open. */
export class Slots {
  readonly #keys: RecordKey[] = [];
  readonly #slots = new Map<string, number>();

  /** A slot after all others, for a record that may have had one: that one goes on leading to it. */
  renew(key: RecordKey): number {
    const slot = this.#keys.push(key) - 1;
    this.#slots.set(nameOf(key), slot);
    return slot;
  }

  of(key: RecordKey): number {
    return this.#slots.get(nameOf(key)) ?? this.renew(key);
  }

  find(key: RecordKey): number | undefined {
    return this.#slots.get(nameOf(key));
  }

  keyAt(slot: number): RecordKey | undefined {
    return this.#keys[slot];
  }
}

function nameOf([namespace, id]: readonly [Namespace, RecordId]): string {
  return `${namespace}\n${id}`;
}
