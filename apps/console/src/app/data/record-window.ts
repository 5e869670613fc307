import type { CollectionChange, ListQuery, RecordView } from '@mnemesh/core';

/** Records read at once: more than a screen shows, and read well within a frame. */
const PAGE = 100;

/** What of a collection a window reads. */
export interface WindowSource<View extends RecordView> {
  list(query: ListQuery): Promise<readonly View[]>;
  watch(listener: (changes: readonly CollectionChange<View>[]) => void): () => void;
}

export interface WindowState<View> {
  /** Newest first, from the newest on without a gap. */
  readonly items: readonly View[];
  /** The first page is not here yet. */
  readonly isFresh: boolean;
  /** There is nothing older. */
  readonly isComplete: boolean;
  readonly error: Error | undefined;
}

export interface WindowOptions<View> {
  readonly query: ListQuery;
  /** Does a record that changed belong here? Also narrows what the query gives, where the query cannot say it. */
  admits(record: View): boolean;
  /** Ids that do not belong here any more because of this record. */
  displaces?(record: View): readonly string[];
}

/** A long list, read page by page as somebody looks further down, and kept current record by record. */
export class RecordWindow<View extends RecordView> {
  readonly #source: WindowSource<View>;
  readonly #options: WindowOptions<View>;
  readonly #listeners = new Set<() => void>();
  #state: WindowState<View> = { items: [], isFresh: true, isComplete: false, error: undefined };
  #last: View | undefined;
  #reading = false;
  #ended = false;
  #endWatch: (() => void) | undefined;

  constructor(source: WindowSource<View>, options: WindowOptions<View>) {
    this.#source = source;
    this.#options = options;
  }

  readonly read = (): WindowState<View> => this.#state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  begin(): void {
    this.#ended = false;
    this.#endWatch = this.#source.watch((changes) => this.#apply(changes));
    this.more();
  }

  end(): void {
    this.#ended = true;
    this.#endWatch?.();
  }

  /** Reads the next page, unless one is on its way or there is none. */
  more(): void {
    if (this.#reading || this.#state.isComplete) return;
    this.#reading = true;
    void this.#read();
  }

  async #read(): Promise<void> {
    try {
      const before = this.#last;
      const page = await this.#source.list({
        ...this.#options.query,
        limit: PAGE,
        ...(before === undefined ? {} : { before }),
      });
      if (this.#ended) return;
      this.#last = page.at(-1) ?? before;
      const known = new Set(this.#state.items.map(({ id }) => id));
      const fresh = page.filter((one) => !known.has(one.id) && this.#options.admits(one));
      this.#set({
        items: [...this.#state.items, ...fresh],
        isFresh: false,
        isComplete: page.length < PAGE,
        error: undefined,
      });
      this.#reading = false;
      // A page of which nothing was admitted shows nothing to scroll to.
      if (fresh.length === 0) this.more();
    } catch (error) {
      this.#reading = false;
      if (this.#ended) return;
      const cause = error instanceof Error ? error : new Error(String(error));
      this.#set({ ...this.#state, isFresh: false, error: cause });
    }
  }

  #apply(changes: readonly CollectionChange<View>[]): void {
    const { admits, displaces } = this.#options;
    const gone = new Set<string>();
    const come = new Map<string, View>();
    for (const { id, record } of changes) {
      gone.add(id);
      come.delete(id);
      if (record === undefined) continue;
      for (const displaced of displaces?.(record) ?? []) {
        gone.add(displaced);
        come.delete(displaced);
      }
      if (admits(record) && this.#isInReach(record)) come.set(id, record);
    }
    const stay = this.#state.items.filter(({ id }) => !gone.has(id));
    if (come.size === 0 && stay.length === this.#state.items.length) return;
    this.#set({ ...this.#state, items: merged(stay, [...come.values()]) });
  }

  /** What lies further down than what was read comes with its page. */
  #isInReach({ createdAt }: View): boolean {
    const { isComplete } = this.#state;
    return isComplete || this.#last === undefined || createdAt >= this.#last.createdAt;
  }

  #set(state: WindowState<View>): void {
    this.#state = state;
    for (const listener of [...this.#listeners]) listener();
  }
}

/** Both are put in one order, newest first. */
function merged<View extends RecordView>(
  sorted: readonly View[],
  others: readonly View[],
): readonly View[] {
  if (others.length === 0) return sorted;
  const waiting = [...others].sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
  const all: View[] = [];
  for (const one of sorted) {
    while (waiting[0] !== undefined && waiting[0].createdAt > one.createdAt)
      all.push(waiting.shift() as View);
    all.push(one);
  }
  return [...all, ...waiting];
}
