import type { RecordView } from '@mnemesh/core';
import type { RecordName } from './messages.js';
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

/** Records as a guest was given them last: what it promises of a change follows from that. */
export class SeenRecords {
  readonly #records = new Map<string, RecordView>();
  readonly #most: number;

  /** @param most records that are remembered; of one that falls out, a change waits for its answer */
  constructor(most: number) {
    this.#most = most;
  }

  /** What a method gave. */
  note(part: string, name: string, value: unknown): void {
    if (!GIVING.has(name)) return;
    for (const one of Array.isArray(value) ? value : [value])
      if (isRecord(one)) this.#keep(`${part}\n${keyOf(one)}`, one);
  }

  /** What a watch of the part's records was told. */
  told(part: string, namespace: string, changes: unknown): void {
    if (!Array.isArray(changes)) return;
    for (const { id, record } of changes as readonly { readonly id: string; record?: unknown }[]) {
      if (isRecord(record)) this.#keep(`${part}\n${keyOf(record)}`, record);
      else this.#records.delete(`${part}\n${keyOf({ namespace, id })}`);
    }
  }

  of(part: string, record: RecordName): RecordView | undefined {
    return this.#records.get(`${part}\n${keyOf(record)}`);
  }

  #keep(key: string, record: RecordView): void {
    this.#records.delete(key);
    this.#records.set(key, record);
    if (this.#records.size <= this.#most) return;
    const [oldest] = this.#records.keys();
    this.#records.delete(oldest as string);
  }
}

function isRecord(value: unknown): value is RecordView {
  if (typeof value !== 'object' || value === null) return false;
  const { id, namespace, conflicts } = value as Partial<RecordView>;
  return typeof id === 'string' && typeof namespace === 'string' && Array.isArray(conflicts);
}
