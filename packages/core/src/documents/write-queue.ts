import { type Guid, MnemeshError, type RecordId } from '@mnemesh/protocol';
import { checkSize, type RecordWrite } from './record-write.js';
import type { SegmentWrite } from './segment.js';
import type { RecordOutcome } from './segment-content.js';
import type { SegmentPlace } from './segment-place.js';
import type { Segments } from './segments.js';

/** Records written in one batch: beyond a hundred a commit gets hardly smaller. */
const BATCH_RECORDS = 100;
/** Bytes of their data, so that a batch of long texts is one update that every relay takes. */
const BATCH_BYTES = 2 * 1024 * 1024;
/** Writes that wait for their segment. Beyond it the caller must slow down. */
const WAITING_WRITES = 100_000;

interface Waiting {
  readonly write: RecordWrite;
  readonly done: (result: WrittenRecord) => void;
  readonly failed: (error: unknown) => void;
}

export interface WrittenRecord {
  readonly outcome: RecordOutcome;
  readonly written: SegmentWrite;
}

/** Gathers writes that arrive while earlier ones are being signed, so that they share a commit and a disk flush. */
export class WriteQueue {
  readonly #segments: Segments;
  readonly #waiting = new Map<Guid, Waiting[]>();
  readonly #unsettled = new Set<Promise<unknown>>();

  constructor(segments: Segments) {
    this.#segments = segments;
  }

  get length(): number {
    return this.#unsettled.size;
  }

  /** Resolves when every write given so far is saved, or has failed. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#unsettled);
  }

  /**
   * @param ready must be done before the write may be; it counts as given from now on
   * @throws MnemeshError `too_large`, `overloaded`, `store_failed`
   */
  async write(
    place: SegmentPlace,
    write: RecordWrite,
    ready?: Promise<void>,
  ): Promise<WrittenRecord> {
    checkSize(write);
    if (this.length >= WAITING_WRITES) {
      throw new MnemeshError(
        'overloaded',
        `${WAITING_WRITES} writes are waiting already. Await some before the next.`,
        { retryable: true },
      );
    }
    const submit = (): Promise<WrittenRecord> =>
      new Promise((done, failed) => this.#enqueue(place, { write, done, failed }));
    const written = ready === undefined ? submit() : ready.then(submit);
    return this.prepare(written);
  }

  /** Work that ends in a write counts as one from now on. */
  async prepare<T>(work: Promise<T>): Promise<T> {
    this.#unsettled.add(work);
    try {
      return await work;
    } finally {
      this.#unsettled.delete(work);
    }
  }

  #enqueue(place: SegmentPlace, waiting: Waiting): void {
    const queue = this.#waiting.get(place.guid);
    if (queue !== undefined) {
      queue.push(waiting);
      return;
    }
    const fresh = [waiting];
    this.#waiting.set(place.guid, fresh);
    this.#run(place, fresh).catch((error) => {
      for (const { failed } of fresh) failed(error);
      this.#waiting.delete(place.guid);
    });
  }

  /** Batches go one after another; each waits only for its signature, not for the disk. */
  async #run(place: SegmentPlace, queue: Waiting[]): Promise<void> {
    await this.#segments.use(place, async (segment) => {
      const saving: Promise<void>[] = [];
      await Promise.resolve();
      while (queue.length > 0) {
        const batch = queue.splice(0, batchLength(queue));
        const signed = segment.write(batch.map(({ write }) => write));
        saving.push(settle(batch, signed));
        await segment.idleTurn();
      }
      this.#waiting.delete(place.guid);
      await Promise.all(saving);
    });
  }
}

/** How many of these go together: a write that decides by its record must find all earlier ones done. */
function batchLength(queue: readonly Waiting[]): number {
  const most = Math.min(queue.length, BATCH_RECORDS);
  const ids = new Set<RecordId>();
  let bytes = 0;
  for (let length = 0; length < most; length++) {
    const { id, decide, fields } = (queue[length] as Waiting).write;
    if (decide !== undefined && ids.has(id)) return length;
    for (const { data } of fields) bytes += data.length;
    if (length > 0 && bytes > BATCH_BYTES) return length;
    ids.add(id);
  }
  return most;
}

async function settle(batch: readonly Waiting[], write: Promise<SegmentWrite>): Promise<void> {
  try {
    const written = await write;
    batch.forEach(({ done }, i) => {
      done({ outcome: written.outcomes[i] as RecordOutcome, written });
    });
  } catch (error) {
    for (const { failed } of batch) failed(error);
  }
}
