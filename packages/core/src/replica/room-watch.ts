import type { RoomEstimate, Runtime, StorageRoom } from '@mnemesh/protocol';
import type { Segments } from '../documents/segments.js';
import type { Retention } from '../forgetting/retention.js';
import type { Journal } from '../journal.js';
import type { ReplicaStore } from '../ports/index.js';
import { SerialQueue } from '../serial-queue.js';
import type { RoomStatus } from '../status.js';
import { Timers } from '../timers.js';

/** When room counts as short, and what is done then. */
export const roomLimits = {
  /** Part of the quota that is used when people are told. */
  lowAt: 0.8,
  /** Part of the quota that is used when what retention ends is ended at once, and logs are folded. */
  shortAt: 0.9,
  /** Milliseconds from the opening to the first look, and from one look to the next. Browsers estimate; oftener tells no more. */
  firstLookMs: 1_000,
  everyMs: 60_000,
  /** Milliseconds between two attempts to free room: the second seldom finds anything. */
  freeEveryMs: 15 * 60_000,
  /** Logged updates from which folding a document frees more than its snapshot takes. */
  foldFrom: 8,
} as const;

export interface RoomSurroundings {
  readonly room: StorageRoom;
  readonly runtime: Pick<Runtime, 'now' | 'after' | 'log'>;
  readonly segments: Segments;
  readonly journal: Pick<Journal, 'failure'>;
  readonly store: ReplicaStore;
  readonly retention: Retention;
  readonly changed: () => void;
}

/** Watches the room that a replica's store has: tells people before it ends, frees what may go, and asks that nothing is deleted. */
export class RoomWatch {
  readonly #around: RoomSurroundings;
  readonly #timers: Timers;
  readonly #turn = new SerialQueue();
  #estimate: RoomEstimate | undefined;
  #kept: boolean | undefined;
  #asked = false;
  #closed = false;
  #freed: number | undefined;

  constructor(around: RoomSurroundings) {
    this.#around = around;
    this.#timers = new Timers(around.runtime);
  }

  get status(): RoomStatus {
    const estimate = this.#estimate;
    if (estimate === undefined) return { level: 'untold', kept: this.#kept };
    const level = levelOf(estimate);
    const hasFailed = this.#around.journal.failure !== undefined;
    const advice = hasFailed && level === 'enough' ? AGAIN : adviceOf(level, estimate);
    return { level, ...estimate, kept: this.#kept, ...(advice === undefined ? {} : { advice }) };
  }

  start(): void {
    this.#plan(roomLimits.firstLookMs);
  }

  /** Somebody wrote here. Asked before, a person would not know what for. */
  wrote(): void {
    if (this.#asked) return;
    this.#asked = true;
    const { room, runtime, changed } = this.#around;
    // A person may take their time to answer: nothing waits for it.
    room.keep().then(
      (kept) => {
        this.#kept = kept;
        if (!this.#closed) changed();
      },
      (error) =>
        runtime.log('warn', 'the device could not be asked to keep the store', {
          error: String(error),
        }),
    );
  }

  /** Waits for what is under way. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#timers.end();
    await this.#turn.drained();
  }

  #plan(delayMs: number): void {
    this.#timers.after(delayMs, () => {
      this.#inTurn(() => this.#look());
      this.#plan(roomLimits.everyMs);
    });
  }

  async #look(): Promise<void> {
    const { room, changed } = this.#around;
    const before = this.status.level;
    this.#estimate = await room.estimate();
    const { level } = this.status;
    if (level !== before) changed();
    if (level === 'short' && this.#mayFree()) await this.#free();
  }

  #mayFree(): boolean {
    const now = this.#around.runtime.now();
    return this.#freed === undefined || now - this.#freed >= roomLimits.freeEveryMs;
  }

  /**
   * Ends what has expired, and folds logs. A copy of the whole store would need the room that there is not; so may
   * that of a large document, and a store that was refused room takes no more.
   */
  async #free(): Promise<void> {
    const { runtime, segments, store, retention, room, changed } = this.#around;
    this.#freed = runtime.now();
    await retention.check();
    const left = bytesLeft(await room.estimate());
    for (const { namespace, segment, updates, bytes } of await store.documents()) {
      if (this.#closed) return;
      if (updates < roomLimits.foldFrom || bytes > left) continue;
      await segments.use(segments.place(namespace, segment), (one) => one.compact());
    }
    this.#estimate = await room.estimate();
    changed();
  }

  #inTurn(run: () => Promise<void>): void {
    if (this.#closed) return;
    this.#turn.run(run).catch((error) => {
      this.#around.runtime.log('warn', 'the room for the store could not be looked after', {
        error: String(error),
      });
    });
  }
}

function bytesLeft(estimate: RoomEstimate | undefined): number {
  return estimate === undefined ? 0 : estimate.quotaBytes - estimate.usedBytes;
}

function levelOf({ usedBytes, quotaBytes }: RoomEstimate): RoomStatus['level'] {
  if (usedBytes >= roomLimits.shortAt * quotaBytes) return 'short';
  return usedBytes >= roomLimits.lowAt * quotaBytes ? 'low' : 'enough';
}

const AGAIN = 'There is room for the store. Open the mesh again to go on writing.';

function adviceOf(level: RoomStatus['level'], estimate: RoomEstimate): string | undefined {
  if (level !== 'low' && level !== 'short') return undefined;
  const { usedBytes, quotaBytes } = estimate;
  const used = `${Math.min(100, Math.floor((100 * usedBytes) / quotaBytes))} % of the room for what this device keeps is used.`;
  const free = 'Free space on this device, or delete what other sites keep.';
  if (level === 'low') return `${used} ${free}`;
  return `${used} Soon nothing can be saved any more. ${free} What is done with is deleted by itself in namespaces that retain for a number of days.`;
}
