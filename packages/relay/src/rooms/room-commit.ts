import type { Cancel, Runtime } from '@mnemesh/protocol';
import type { Room } from './room.js';
import type { MutableRoomCounters } from './room-counters.js';
import type { RoomLimits } from './room-limits.js';
import type { RoomLog } from './room-log.js';

export interface RoomCommitOptions {
  readonly log: RoomLog;
  readonly runtime: Pick<Runtime, 'after'>;
  readonly limits: RoomLimits;
  readonly counters: MutableRoomCounters;
  readonly committed: (room: Room) => void;
  /** The log refused what these rooms had pending; it is in no store. */
  readonly failed: (rooms: readonly Room[], error: unknown) => void;
}

/** Commits what all rooms have pending as one group, one group at a time. While one is written the next collects. */
export class RoomCommit {
  readonly #options: RoomCommitOptions;
  readonly #dirty = new Set<Room>();
  #cancelTimer: Cancel | undefined;
  #running: Promise<void> | undefined;

  constructor(options: RoomCommitOptions) {
    this.#options = options;
  }

  /** The room may have something pending. */
  consider(room: Room): void {
    if (room.settled) return;
    this.#dirty.add(room);
    const { limits, runtime } = this.#options;
    if (room.pendingBytes >= limits.commitBytes) this.#begin();
    else if (this.#running === undefined) {
      this.#cancelTimer ??= runtime.after(limits.commitDelayMs, () => this.#begin());
    }
  }

  /** Resolves when all that is pending now is durable, or refused. */
  async flush(): Promise<void> {
    this.#begin();
    await this.#running;
  }

  #begin(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    // With nothing to commit it would be over before it was kept, and be kept for good.
    if (this.#dirty.size > 0) this.#running ??= this.#commitAll();
  }

  /** Never rejects. */
  async #commitAll(): Promise<void> {
    while (this.#dirty.size > 0) {
      const rooms = [...this.#dirty];
      this.#dirty.clear();
      await this.#commit(rooms);
    }
    this.#running = undefined;
  }

  async #commit(rooms: readonly Room[]): Promise<void> {
    const { log, counters, committed, failed } = this.#options;
    try {
      const rows = rooms.flatMap((room) => room.seal());
      if (rows.length > 0) await log.append(rows);
    } catch (error) {
      counters.failedCommits++;
      failed(rooms, error);
      return;
    }
    counters.commits++;
    for (const room of rooms) {
      room.committed();
      committed(room);
    }
  }
}
