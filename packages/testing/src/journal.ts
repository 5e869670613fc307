import { crc32 } from 'node:zlib';
import { concatBytes, MnemeshError } from '@mnemesh/protocol';
import type { DiskSession } from './disk-session.js';

/** Entries that may wait for one journal. More means that its store's callers do not wait for their commits. */
export const WAITING_ENTRIES = 10_000;

/** Length and checksum before each frame's payload. */
const HEAD_BYTES = 8;
/** Mixed into every checksum, so that zeros are no frame. */
const SALT = 0x6d6e656d;

/** One atomic change on its way into a journal. */
export interface JournalEntry {
  /**
   * The payload, made when its turn comes. A throw rejects this entry alone.
   * @param before the entries of this group that go before it and are not applied yet
   */
  prepare(before: readonly JournalEntry[]): Uint8Array;
  /** Called once the payload is flushed, or only written when `deferred`, in order, just before the entry resolves. */
  apply(): void;
  /** It need not be flushed before it resolves: a later flush takes it along. */
  readonly deferred: boolean;
}

export interface JournalOptions {
  readonly session: DiskSession;
  readonly file: string;
  /** Entries written by one append and one flush. */
  readonly groupEntries: number;
  /**
   * A failed write is the last one: everything later is refused. `cut_back` cuts the file back, so
   * that what was rejected is not found again, if it still can. `refuse` leaves the file: whoever
   * opens it again finds each rejected entry wholly or not at all.
   */
  readonly afterFailure: 'cut_back' | 'refuse';
  /** Is given every whole frame of the file, in order. */
  readonly replay: (payload: Uint8Array) => void;
}

/** A file of checksummed frames, each one atomic change. Entries that arrive while the disk is busy form the next groups. */
export class Journal {
  readonly #options: JournalOptions;
  #end: number;
  readonly #waiting: Waiting[] = [];
  #running: Promise<void> | undefined;
  #failed: unknown;
  #unflushed = false;
  #closed = false;

  private constructor(options: JournalOptions, end: number) {
    this.#options = options;
    this.#end = end;
  }

  /** Opens, or creates. What it replays is flushed; a torn tail is cut off. */
  static async open(options: JournalOptions): Promise<Journal> {
    const { session, file } = options;
    const bytes = (await session.read(file)) ?? new Uint8Array(0);
    const { payloads, end } = readJournal(bytes);
    // Written anew, because bytes that an earlier flush gave up may look whole and still be lost.
    if (bytes.length > 0) await session.replace(file, bytes.subarray(0, end));
    for (const payload of payloads) options.replay(payload);
    return new Journal(options, end);
  }

  /** True once it refuses every entry. */
  get failed(): boolean {
    return this.#failed !== undefined;
  }

  /** Durable when it resolves. Entries take effect in the order of the calls. */
  async append(entry: JournalEntry): Promise<void> {
    if (this.#closed) throw new MnemeshError('closed', 'This store is closed. Open it again.');
    if (this.#failed !== undefined) throw storeFailed(this.#failed);
    if (this.#waiting.length >= WAITING_ENTRIES) {
      throw new MnemeshError('overloaded', `${WAITING_ENTRIES} commits wait for the disk.`);
    }
    await new Promise<void>((resolve, reject) => {
      this.#waiting.push({ entry, resolve, reject });
      this.#running ??= this.#writeGroups();
    });
  }

  /**
   * Replaces the file by one with other payloads, which add up to the same, once the entries before it are
   * written. A failing disk leaves the old file, and later entries are taken as before.
   */
  async rewrite(change: (payloads: readonly Uint8Array[]) => readonly Uint8Array[]): Promise<void> {
    while (this.#running !== undefined) await this.#running.catch(() => undefined);
    if (this.#closed) throw new MnemeshError('closed', 'This store is closed. Open it again.');
    if (this.#failed !== undefined) throw storeFailed(this.#failed);
    this.#running = this.#replace(change);
    await this.#running;
  }

  async #replace(
    change: (payloads: readonly Uint8Array[]) => readonly Uint8Array[],
  ): Promise<void> {
    const { session, file } = this.#options;
    try {
      const before = (await session.read(file)) ?? new Uint8Array(0);
      const after = concatBytes(change(readJournal(before).payloads).map(encodeJournalFrame));
      await session.replace(file, after);
      this.#end = after.length;
      this.#unflushed = false;
    } catch (error) {
      throw new MnemeshError('store_failed', 'The store could not be rewritten.', {
        retryable: true,
        cause: error,
      });
    } finally {
      this.#running = this.#waiting.length > 0 ? this.#writeGroups() : undefined;
    }
  }

  /** Idempotent; waits for the entries under way. */
  async close(): Promise<void> {
    this.#closed = true;
    while (this.#running !== undefined) await this.#running.catch(() => undefined);
    if (this.#unflushed && this.#failed === undefined) await this.#flush();
  }

  async #writeGroups(): Promise<void> {
    // Callers of one turn share a group.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      await this.#writeGroup(this.#waiting.splice(0, this.#options.groupEntries));
    }
    // In the turn that found nothing waiting: who comes a moment later must find nobody running.
    this.#running = undefined;
  }

  async #writeGroup(arrived: readonly Waiting[]): Promise<void> {
    const { session, file } = this.#options;
    const { group, bytes } = prepareGroup(arrived);
    if (group.length === 0) return;
    try {
      if (this.#failed !== undefined) throw this.#failed;
      await session.append(file, bytes);
      if (group.every(({ entry }) => entry.deferred)) this.#unflushed = true;
      else await this.#flush();
      this.#end += bytes.length;
    } catch (error) {
      await this.#afterFailure(error);
      for (const { reject } of group) reject(storeFailed(error));
      return;
    }
    for (const { entry, resolve } of group) {
      entry.apply();
      resolve();
    }
  }

  async #flush(): Promise<void> {
    const { session, file } = this.#options;
    await session.flush(file);
    this.#unflushed = false;
  }

  async #afterFailure(cause: unknown): Promise<void> {
    const { session, file, afterFailure } = this.#options;
    if (this.#failed !== undefined) return;
    this.#failed = cause;
    if (afterFailure === 'cut_back') await session.truncate(file, this.#end).catch(() => undefined);
  }
}

/** Frames of the entries that can be prepared; the others are rejected. */
function prepareGroup(arrived: readonly Waiting[]): {
  readonly group: readonly Waiting[];
  readonly bytes: Uint8Array;
} {
  const group: Waiting[] = [];
  const before: JournalEntry[] = [];
  const frames: Uint8Array[] = [];
  for (const waiting of arrived) {
    try {
      frames.push(encodeJournalFrame(waiting.entry.prepare(before)));
      group.push(waiting);
      before.push(waiting.entry);
    } catch (error) {
      waiting.reject(error);
    }
  }
  return { group, bytes: concatBytes(frames) };
}

/** The whole frames at the start of a journal's bytes, and where they end. For oracles too. */
export function readJournal(bytes: Uint8Array): {
  readonly payloads: readonly Uint8Array[];
  readonly end: number;
} {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const payloads: Uint8Array[] = [];
  let at = 0;
  while (at + HEAD_BYTES <= bytes.length) {
    const next = at + HEAD_BYTES + view.getUint32(at);
    if (next > bytes.length) break;
    const payload = bytes.subarray(at + HEAD_BYTES, next);
    if (view.getUint32(at + 4) !== checksum(payload)) break;
    payloads.push(payload);
    at = next;
  }
  return { payloads, end: at };
}

export function encodeJournalFrame(payload: Uint8Array): Uint8Array {
  const frame = new Uint8Array(HEAD_BYTES + payload.length);
  const view = new DataView(frame.buffer);
  view.setUint32(0, payload.length);
  view.setUint32(4, checksum(payload));
  frame.set(payload, HEAD_BYTES);
  return frame;
}

interface Waiting {
  readonly entry: JournalEntry;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

function checksum(payload: Uint8Array): number {
  return crc32(payload, (SALT ^ payload.length) >>> 0);
}

function storeFailed(cause: unknown): MnemeshError {
  const detail = cause instanceof Error ? cause.message : String(cause);
  return new MnemeshError(
    'store_failed',
    `The store could not be written: ${detail}. Free space or repair the disk.`,
    { cause },
  );
}
