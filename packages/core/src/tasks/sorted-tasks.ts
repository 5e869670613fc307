import type { Clock, RecordId } from '@mnemesh/protocol';

/** By what tasks are put in order: most urgent first, then oldest. */
export interface TaskOrder {
  readonly id: RecordId;
  /** Without one it comes last. */
  readonly priority: number | undefined;
  readonly created: Clock;
}

/** Additions that are put in one by one; more are sorted in together when somebody looks. */
const SINGLE_INSERTS = 64;
const NO_PRIORITY = 10;

/** Tasks in order, cheap to change: reading the first few never sorts all. */
export class SortedTasks {
  readonly #orders = new Map<RecordId, TaskOrder>();
  #sorted: TaskOrder[] = [];
  readonly #added = new Set<TaskOrder>();

  get size(): number {
    return this.#orders.size;
  }

  has(id: RecordId): boolean {
    return this.#orders.has(id);
  }

  add(order: TaskOrder): void {
    const known = this.#orders.get(order.id);
    if (known !== undefined) {
      if (compareOrder(known, order) === 0) return;
      this.delete(order.id);
    }
    this.#orders.set(order.id, order);
    this.#added.add(order);
  }

  delete(id: RecordId): void {
    const order = this.#orders.get(id);
    if (order === undefined) return;
    this.#orders.delete(id);
    if (!this.#added.delete(order)) this.#sorted.splice(placeOf(this.#sorted, order), 1);
  }

  *ids(): Iterable<RecordId> {
    this.#settle();
    for (const { id } of this.#sorted) yield id;
  }

  #settle(): void {
    const added = [...this.#added];
    this.#added.clear();
    if (added.length > SINGLE_INSERTS) {
      this.#sorted = [...this.#sorted, ...added].sort(compareOrder);
      return;
    }
    for (const order of added) this.#sorted.splice(placeOf(this.#sorted, order), 0, order);
  }
}

function placeOf(sorted: readonly TaskOrder[], order: TaskOrder): number {
  let from = 0;
  let to = sorted.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if (compareOrder(sorted[middle] as TaskOrder, order) < 0) from = middle + 1;
    else to = middle;
  }
  return from;
}

function compareOrder(a: TaskOrder, b: TaskOrder): number {
  const byPriority = (a.priority ?? NO_PRIORITY) - (b.priority ?? NO_PRIORITY);
  if (byPriority !== 0) return byPriority;
  if (a.created !== b.created) return a.created - b.created;
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}
