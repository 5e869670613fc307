import type { Runtime } from '@mnemesh/protocol';
import { decodeState } from '@mnemesh/segment';
import type { KnownBase } from './room.js';
import type { MutableRoomCounters } from './room-counters.js';
import type { RoomFolder } from './room-folder.js';
import type { RoomLimits } from './room-limits.js';
import type { RoomLog } from './room-log.js';

/** What a room has to fold. */
export interface Foldable {
  readonly name: string;
  readonly rows: number;
  readonly rowBytes: number;
  readonly base: Pick<KnownBase, 'bytes'>;
}

export interface RoomFoldingOptions {
  readonly log: RoomLog;
  readonly folder: RoomFolder;
  readonly runtime: Pick<Runtime, 'log'>;
  readonly limits: RoomLimits;
  readonly counters: MutableRoomCounters;
  /** So many rows of a room lie in this base now. */
  readonly folded: (name: string, base: KnownBase, rows: number, rowBytes: number) => void;
  /** The room could not be folded, or there was nothing to fold. */
  readonly unfolded: (name: string) => void;
}

/** Folds the rows of rooms into their bases, one room at a time, whether the room is loaded or not. */
export class RoomFolding {
  readonly #options: RoomFoldingOptions;
  /** Rooms that wait or are being folded, and who is told when that is over. */
  readonly #waiting = new Map<string, (() => void)[]>();
  /** Rooms that could not be folded, and the bytes of rows at which to try again. */
  readonly #refused = new Map<string, number>();
  #running: Promise<void> | undefined;
  #closed = false;

  constructor(options: RoomFoldingOptions) {
    this.#options = options;
  }

  /** The room has grown: fold it if that pays by now. */
  grown(room: Foldable): void {
    if (isWorthFolding(room, this.#options.limits)) this.#add(room);
  }

  /** The room is left: what little would have waited is folded too. */
  left(room: Foldable): void {
    const { restRows, restBytes } = this.#options.limits;
    if (room.rows > restRows || room.rowBytes > restBytes) this.#add(room);
  }

  /** A fresh client comes: resolves when the room is folded, or at once where that does not pay or takes too long. */
  async joined(room: Foldable): Promise<void> {
    const { joinFoldBytes, joinFoldsAhead } = this.#options.limits;
    if (room.rowBytes < joinFoldBytes || room.rowBytes * 2 < room.base.bytes) return;
    if (!this.#waiting.has(room.name) && this.#waiting.size > joinFoldsAhead) return;
    this.#add(room);
    const told = this.#waiting.get(room.name);
    if (told !== undefined) await new Promise<void>((resolve) => told.push(resolve));
  }

  isWaiting(name: string): boolean {
    return this.#waiting.has(name);
  }

  /** Resolves when the fold under way has ended; what waits is dropped, and found again. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const name of [...this.#waiting.keys()]) this.#end(name);
    await this.#running;
  }

  #add({ name, rowBytes }: Foldable): void {
    if (this.#closed || this.#waiting.has(name)) return;
    if (rowBytes < (this.#refused.get(name) ?? 0)) return;
    if (this.#waiting.size >= this.#options.limits.foldsWaiting) return;
    this.#waiting.set(name, []);
    this.#running ??= this.#foldAll();
  }

  /** Never rejects. */
  async #foldAll(): Promise<void> {
    // A turn of its own: a room that is left is still being put away.
    await Promise.resolve();
    for (const name of this.#waiting.keys()) {
      if (this.#closed) break;
      await this.#fold(name);
      this.#end(name);
    }
    this.#running = undefined;
  }

  #end(name: string): void {
    const told = this.#waiting.get(name) ?? [];
    this.#waiting.delete(name);
    for (const tell of told) tell();
  }

  async #fold(name: string): Promise<void> {
    const { log, folder, runtime, counters, folded, unfolded } = this.#options;
    let rowBytes = 0;
    try {
      const stored = await log.read(name);
      const last = stored?.rows.at(-1);
      if (stored === undefined || last === undefined) return unfolded(name);
      rowBytes = stored.rows.reduce((sum, { update }) => sum + update.length, 0);
      const base = stored.base && (await log.base(name));
      const rows = stored.rows.map(({ update }) => update);
      const fold = await folder.fold(base === undefined ? rows : [base.update, ...rows]);
      if (this.#closed) return;
      await log.putBase(name, { ...fold, through: last.number });
      counters.folds++;
      this.#refused.delete(name);
      const { clocks } = decodeState(fold.state);
      const known = { through: last.number, bytes: fold.update.length, clocks };
      folded(name, known, stored.rows.length, rowBytes);
    } catch (error) {
      if (this.#closed) return;
      const reason = error instanceof Error ? error.message : String(error);
      runtime.log('warn', 'A room could not be folded; its rows stay.', { room: name, reason });
      this.#refuse(name, rowBytes * 2);
      unfolded(name);
    }
  }

  #refuse(name: string, rowBytes: number): void {
    if (this.#refused.size >= this.#options.limits.foldsWaiting) this.#refused.clear();
    this.#refused.set(name, rowBytes);
  }
}

/** A fold rewrites the base, so the rows must be worth it. */
function isWorthFolding({ rows, rowBytes, base }: Foldable, limits: RoomLimits): boolean {
  if (rows >= limits.foldRowsAtMost) return true;
  if (rowBytes >= limits.rowBytesAtMost) return true;
  if (rows >= limits.foldRows && rowBytes * 8 >= base.bytes) return true;
  return rowBytes >= limits.foldBytes && rowBytes * 2 >= base.bytes;
}
