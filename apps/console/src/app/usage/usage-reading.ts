import type { Conversation, ConversationEvent, Conversations } from '@mnemesh/core';
import type { RecordId } from '@mnemesh/protocol';
import { mergeRows, type UsageRow, usageRows } from './usage-sums.js';

/** What is read at once: few enough to be read well within a frame. */
const PAGE = { conversations: 100, events: 500 } as const;

/** Where the sums end: newer conversations are read before older ones, and of each the newest events first. */
export const usageLimits: UsageLimits = { conversations: 10_000, events: 300_000 };

export interface UsageLimits {
  readonly conversations: number;
  readonly events: number;
}

/** Conversations after which what was read so far is shown. */
const SHOWN_EVERY = 25;

export interface UsageState {
  readonly rows: readonly UsageRow[];
  /** Conversations that were read, and those that are here. */
  readonly read: number;
  readonly known: number;
  readonly isComplete: boolean;
  /** Older conversations or events were left out. */
  readonly isCut: boolean;
  readonly error: Error | undefined;
}

type Source = Pick<Conversations, 'list' | 'count' | 'events' | 'watch' | 'watchEvents'>;

interface OneRead {
  readonly rows: readonly UsageRow[];
  readonly events: number;
}

/** What every conversation says that it spent, read bit by bit; then only what changed is read again. */
export class UsageReading {
  readonly #source: Source;
  readonly #limits: UsageLimits;
  readonly #listeners = new Set<() => void>();
  readonly #read = new Map<RecordId, OneRead>();
  readonly #touched = new Set<RecordId>();
  #state: UsageState = {
    rows: [],
    read: 0,
    known: 0,
    isComplete: false,
    isCut: false,
    error: undefined,
  };
  #all = true;
  #isCut = false;
  /** In all that was read. */
  #events = 0;
  #reading = false;
  #ended = false;
  #ends: readonly (() => void)[] = [];

  constructor(source: Source, limits: UsageLimits = usageLimits) {
    this.#source = source;
    this.#limits = limits;
  }

  readonly read = (): UsageState => this.#state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  begin(): void {
    this.#ended = false;
    this.#all = true;
    this.#ends = [
      this.#source.watchEvents((changes) => {
        for (const { record } of changes) {
          // Of a forgotten event nobody knows any more whose it was.
          if (record === undefined) this.#all = true;
          else this.#touched.add(record.conversation);
        }
        void this.#run();
      }),
      this.#source.watch((changes) => {
        for (const { id } of changes) this.#touched.add(id);
        void this.#run();
      }),
    ];
    void this.#run();
  }

  end(): void {
    this.#ended = true;
    for (const end of this.#ends) end();
  }

  async #run(): Promise<void> {
    if (this.#reading) return;
    this.#reading = true;
    try {
      while (!this.#ended && (this.#all || this.#touched.size > 0)) {
        if (this.#all) await this.#readAll();
        else await this.#readTouched();
      }
    } catch (error) {
      const cause = error instanceof Error ? error : new Error(String(error));
      if (!this.#ended) this.#set({ ...this.#state, error: cause });
    }
    this.#reading = false;
  }

  async #readAll(): Promise<void> {
    this.#all = false;
    this.#touched.clear();
    this.#isCut = false;
    this.#events = 0;
    this.#read.clear();
    for await (const { id } of this.#conversations()) {
      if (this.#ended) return;
      this.#read.set(id, await this.#readOne(id));
      if (this.#read.size % SHOWN_EVERY === 0) await this.#show(false);
    }
    if (!this.#ended) await this.#show(true);
  }

  async *#conversations(): AsyncGenerator<Conversation> {
    let before: Conversation | undefined;
    for (let read = 0; read < this.#limits.conversations; read += PAGE.conversations) {
      const page: readonly Conversation[] = await this.#source.list({
        limit: Math.min(PAGE.conversations, this.#limits.conversations - read),
        archived: 'any',
        ...(before === undefined ? {} : { before }),
      });
      yield* page;
      before = page.at(-1);
      if (page.length < PAGE.conversations) return;
    }
  }

  async #readTouched(): Promise<void> {
    const touched = [...this.#touched];
    this.#touched.clear();
    for (const id of touched) this.#read.set(id, await this.#readOne(id));
    await this.#show(true);
  }

  /** The newest events first, as far as the limit lets. */
  async #readOne(id: RecordId): Promise<OneRead> {
    this.#events -= this.#read.get(id)?.events ?? 0;
    let room = this.#limits.events - this.#events;
    let events = 0;
    let before: ConversationEvent | undefined;
    const rows: UsageRow[] = [];
    while (!this.#ended) {
      if (room <= 0) {
        this.#isCut = true;
        break;
      }
      const limit = Math.min(PAGE.events, room);
      const page: readonly ConversationEvent[] = await this.#source.events(id, {
        limit,
        ...(before === undefined ? { last: true } : { before }),
      });
      rows.push(...usageRows(page));
      room -= page.length;
      events += page.length;
      before = page[0];
      if (page.length < limit || before === undefined) break;
    }
    this.#events += events;
    return { rows: mergeRows(rows), events };
  }

  async #show(isComplete: boolean): Promise<void> {
    const known = await this.#source.count({ archived: 'any' });
    if (this.#ended) return;
    this.#set({
      rows: mergeRows([...this.#read.values()].flatMap(({ rows }) => rows)),
      read: Math.min(this.#read.size, known),
      known,
      isComplete,
      isCut: this.#isCut || (isComplete && known > this.#limits.conversations),
      error: undefined,
    });
  }

  #set(state: UsageState): void {
    this.#state = state;
    for (const listener of [...this.#listeners]) listener();
  }
}
