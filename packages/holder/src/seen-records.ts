import type { RecordView } from '@mnemesh/core';
import type { HolderLimits } from './holder-limits.js';
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
  /** Undefined for a record that was never given, or long ago. */
  readonly view: RecordView | undefined;
  /**
   * Of a view that was promised: what had been shown when it was. The answer tells the session more than its user, who was
   * given the promise. Undefined: all that the session was shown.
   */
  readonly known: ShownRecord | undefined;
}

/** Records as a guest was given them last: what it promises of a change follows from that. */
export class SeenRecords {
  readonly #views = new Map<string, RecordView>();
  /** Of records that were promised since they were given. */
  readonly #known = new Map<string, ShownRecord>();
  readonly #limits: Pick<HolderLimits, 'seenRecords' | 'seenPromises'>;

  constructor(limits: Pick<HolderLimits, 'seenRecords' | 'seenPromises'>) {
    this.#limits = limits;
  }

  /** What a method gave. */
  note(part: string, name: string, value: unknown): void {
    if (!GIVING.has(name)) return;
    for (const one of Array.isArray(value) ? value : [value]) this.#give(part, one);
  }

  /** What a change, or a creation, was promised to give. */
  promised(part: string, value: unknown, known: ShownRecord): void {
    if (!isRecord(value)) return;
    const name = nameOf(part, value);
    keep(this.#views, name, value, this.#limits.seenRecords);
    keep(this.#known, name, known, this.#limits.seenPromises);
  }

  /** What a watch of the part's records was told. */
  told(part: string, namespace: string, changes: unknown): void {
    if (!Array.isArray(changes)) return;
    for (const { id, record } of changes as readonly { readonly id: string; record?: unknown }[]) {
      if (record === undefined) this.forget(part, { namespace, id });
      else this.#give(part, record);
    }
  }

  forget(part: string, record: RecordName): void {
    this.#views.delete(nameOf(part, record));
    this.#known.delete(nameOf(part, record));
  }

  of(part: string, record: RecordName): SeenRecord {
    const name = nameOf(part, record);
    return { view: this.#views.get(name), known: this.#known.get(name) };
  }

  #give(part: string, view: unknown): void {
    if (!isRecord(view)) return;
    const name = nameOf(part, view);
    keep(this.#views, name, view, this.#limits.seenRecords);
    this.#known.delete(name);
  }
}

/** The latest of them. */
function keep<T>(all: Map<string, T>, name: string, value: T, most: number): void {
  all.delete(name);
  all.set(name, value);
  if (all.size <= most) return;
  const [oldest] = all.keys();
  all.delete(oldest as string);
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
