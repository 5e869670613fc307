import type { Cancel, Runtime } from '@mnemesh/protocol';
import type { Room } from './room.js';
import type { RoomLimits } from './room-limits.js';

export interface RoomTurnsOptions {
  readonly runtime: Pick<Runtime, 'now' | 'after'>;
  readonly limits: RoomLimits;
  /** Runs something once the messages that are here have been handled. */
  readonly afterTurn: (run: () => void) => void;
}

/**
 * When rooms send. At the end of the turn, as a rule; a room with many links that has just sent
 * waits a little for more, because one message costs each of its clients as much as ten updates in one.
 */
export class RoomTurns {
  readonly #options: RoomTurnsOptions;
  #talking = new Set<Room>();
  readonly #pausing = new Map<Room, Cancel>();

  constructor(options: RoomTurnsOptions) {
    this.#options = options;
  }

  /** The room has something to send. */
  changed(room: Room): void {
    if (this.#pausing.has(room)) return;
    if (this.#talking.size === 0) this.#options.afterTurn(() => this.#endTurn());
    this.#talking.add(room);
  }

  /** Sends everything now. */
  flush(): void {
    for (const cancel of this.#pausing.values()) cancel();
    const rooms = [...this.#talking, ...this.#pausing.keys()];
    this.#talking.clear();
    this.#pausing.clear();
    for (const room of rooms) this.#send(room);
  }

  #endTurn(): void {
    const rooms = this.#talking;
    this.#talking = new Set();
    for (const room of rooms) {
      const pause = this.#pauseOf(room);
      const wait = room.sentAt + pause - this.#options.runtime.now();
      // Never longer, even if the clock was set back.
      if (wait > 0) this.#pause(room, Math.min(wait, pause));
      else this.#send(room);
    }
  }

  #pause(room: Room, ms: number): void {
    const cancel = this.#options.runtime.after(ms, () => {
      this.#pausing.delete(room);
      this.#send(room);
    });
    this.#pausing.set(room, cancel);
  }

  #send(room: Room): void {
    room.sentAt = this.#options.runtime.now();
    room.flush();
  }

  #pauseOf(room: Room): number {
    const { pauseMsPerLink, pauseMsAtMost } = this.#options.limits;
    return Math.min(Math.floor(room.links.size * pauseMsPerLink), pauseMsAtMost);
  }
}
