import type { RecordView } from '@mnemesh/core';
import type { RecordName, ShownRecord } from './messages.js';
import { keyOf } from './shown-memory.js';

/** Methods that give records of their part, or lists of them. */
const GIVING: ReadonlySet<string> = new Set([
  'create',
  'get',
  'getByRef',
  'list',
  'update',
  'archive',
  'ready',
  'stale',
  'claim',
  'renew',
  'release',
  'complete',
  'fail',
  'comment',
]);

export interface SeenRecord {
  readonly view: RecordView;
  /**
   * Of a view that was promised: what had been shown when it was. The answer tells the session more than its user, who was
   * given the promise. Undefined: all that the session was shown.
   */
  readonly known: ShownRecord | undefined;
}

/** Records as a guest was given them last: what it promises of a change follows from that. */
export class SeenRecords {
  readonly #records = new Map<string, SeenRecord>();
  readonly #most: number;

  /** @param most records that are remembered; of one that falls out, a change waits for its answer */
  constructor(most: number) {
    this.#most = most;
  }

  /** What a method gave. */
  note(part: string, name: string, value: unknown): void {
    if (!GIVING.has(name)) return;
    for (const one of Array.isArray(value) ? value : [value]) this.#keep(part, one, undefined);
  }

  /** What a change, or a creation, was promised to give. */
  promised(part: string, value: unknown, known: ShownRecord): void {
    this.#keep(part, value, known);
  }

  /** What a watch of the part's records was told. */
  told(part: string, namespace: string, changes: unknown): void {
    if (!Array.isArray(changes)) return;
    for (const { id, record } of changes as readonly { readonly id: string; record?: unknown }[]) {
      if (record === undefined) this.forget(part, { namespace, id });
      else this.#keep(part, record, undefined);
    }
  }

  forget(part: string, record: RecordName): void {
    this.#records.delete(nameOf(part, record));
  }

  of(part: string, record: RecordName): SeenRecord | undefined {
    return this.#records.get(nameOf(part, record));
  }

  #keep(part: string, view: unknown, known: ShownRecord | undefined): void {
    if (!isRecord(view)) return;
    const name = nameOf(part, view);
    this.#records.delete(name);
    this.#records.set(name, { view, known });
    if (this.#records.size <= this.#most) return;
    const [oldest] = this.#records.keys();
    this.#records.delete(oldest as string);
  }
}

/** An event is no conversation, though both are of one namespace. */
function nameOf(part: string, record: RecordName): string {
  return `${part}\n${keyOf(record)}`;
}

function isRecord(value: unknown): value is RecordView {
  if (typeof value !== 'object' || value === null) return false;
  const { id, namespace, conflicts } = value as Partial<RecordView>;
  return typeof id === 'string' && typeof namespace === 'string' && Array.isArray(conflicts);
}
