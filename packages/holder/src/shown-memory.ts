import type { Showing } from '@mnemesh/core';
import type { RecordName, ShownRecord } from './messages.js';

type Clocks = Map<string, number>;

/**
 * What a guest's session was shown, so that the next holder knows it too. What falls out is written as
 * if unseen: at worst a conflict is shown that need not be.
 */
export class ShownMemory {
  readonly #records = new Map<
    string,
    { readonly name: RecordName; readonly fields: Map<string, Clocks> }
  >();
  readonly #most: number;
  #fields = 0;
  #highest = 0;

  constructor(mostFields: number) {
    this.#most = mostFields;
  }

  /** The highest clock that was ever shown. */
  get highest(): number {
    return this.#highest;
  }

  keep({ namespace, id, context }: Pick<Showing, 'namespace' | 'id' | 'context'>): void {
    const key = keyOf({ namespace, id });
    const record = this.#records.get(key) ?? { name: { namespace, id }, fields: new Map() };
    this.#records.delete(key);
    this.#records.set(key, record);
    for (const [field, clocks] of Object.entries(context)) {
      let known = record.fields.get(field);
      if (known === undefined) {
        known = new Map();
        record.fields.set(field, known);
        this.#fields += 1;
      }
      for (const [session, clock] of Object.entries(clocks)) {
        known.set(session, Math.max(clock, known.get(session) ?? 0));
        if (clock > this.#highest) this.#highest = clock;
      }
    }
    this.#forgetOldest();
  }

  /** The clock at which a session last wrote a record, as far as was shown; -1 when it never did. */
  clockOf(session: string, record: RecordName): number {
    const fields = this.#records.get(keyOf(record))?.fields.values() ?? [];
    return Math.max(-1, ...[...fields].map((clocks) => clocks.get(session) ?? -1));
  }

  /** As it is now. */
  of(name: RecordName): ShownRecord {
    return { ...name, context: contextOf(this.#records.get(keyOf(name))?.fields ?? new Map()) };
  }

  /** All of it, in parts of so many records, oldest first. */
  *parts(records: number): Iterable<readonly ShownRecord[]> {
    let part: ShownRecord[] = [];
    for (const { name, fields } of this.#records.values()) {
      part.push({ ...name, context: contextOf(fields) });
      if (part.length < records) continue;
      yield part;
      part = [];
    }
    if (part.length > 0) yield part;
  }

  #forgetOldest(): void {
    for (const [key, { fields }] of this.#records) {
      if (this.#fields <= this.#most) return;
      this.#records.delete(key);
      this.#fields -= fields.size;
    }
  }
}

function contextOf(fields: ReadonlyMap<string, Clocks>): ShownRecord['context'] {
  return Object.fromEntries(
    [...fields].map(([field, clocks]) => [field, Object.fromEntries(clocks)]),
  );
}

export function keyOf({ namespace, id }: RecordName): string {
  return `${namespace}\n${id}`;
}
