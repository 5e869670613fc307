import type { Guid, MeshId, Runtime } from '@mnemesh/protocol';
import type { Compactor } from './compaction.js';
import type { DocumentStates, IndexedHead } from './document-states.js';
import type { MutableCounters } from './relay-counters.js';
import type { RelayLimits } from './relay-limits.js';
import type { DocumentName, MeshLog, StoredDocument } from './update-log.js';

export interface FoldingOptions {
  readonly mesh: MeshId;
  readonly log: MeshLog;
  readonly states: DocumentStates;
  readonly runtime: Runtime;
  readonly compactor: Compactor;
  readonly limits: RelayLimits;
  readonly counters: MutableCounters;
  /** Appends an update of the relay's own, durably; false when it could not be taken. */
  readonly putBack: (document: DocumentName, update: Uint8Array) => Promise<boolean>;
  /** The log refused a write. */
  readonly failed: (error: unknown) => void;
}

/**
 * Folds the rows of documents into their bases, one document at a time. The order is what makes it
 * safe: put back and commit, write the base, then delete exactly the rows it covers.
 */
export class Folding {
  readonly #options: FoldingOptions;
  readonly #waiting = new Set<Guid>();
  /** Documents that could not be folded, and the rows at which to try again. */
  readonly #refused = new Map<Guid, number>();
  #running: Promise<void> | undefined;
  /** Folds, and what must not meet one, go one after another. */
  #turn: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(options: FoldingOptions) {
    this.#options = options;
  }

  /** A document has grown: fold it if that pays by now. */
  consider(guid: Guid): void {
    const { states, limits } = this.#options;
    const head = states.heads.get(guid);
    if (this.#closed || head === undefined || !isWorthFolding(head, limits)) return;
    if (head.rows < (this.#refused.get(guid) ?? 0) || this.#waiting.size >= limits.foldsWaiting)
      return;
    this.#waiting.add(guid);
    this.#running ??= this.#foldAll();
  }

  /**
   * Folds a document whatever it weighs, so that nothing deleted is left in its base and rows.
   * @returns false when that was not possible now
   */
  scrub(guid: Guid): Promise<boolean> {
    return this.between(async () => {
      const head = this.#options.states.heads.get(guid);
      if (this.#closed) return false;
      if (head === undefined) return true;
      if (head.rows > 0) return this.#fold(head);
      try {
        // Rows that a crash left behind an earlier fold.
        await this.#options.log.dropRows(guid);
        return true;
      } catch (error) {
        this.#options.failed(error);
        return false;
      }
    });
  }

  /** Runs this while no document is being folded. */
  between<T>(run: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(run);
    this.#turn = result.catch(() => undefined);
    return result;
  }

  /** Resolves when the fold under way has ended; what waits is dropped, and found again by its next commit. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#waiting.clear();
    await this.#running;
    await this.#turn;
  }

  /** Never rejects. */
  async #foldAll(): Promise<void> {
    // A turn of its own, so that the links hear of the commit first.
    await Promise.resolve();
    for (const guid of this.#waiting) {
      if (this.#closed) break;
      this.#waiting.delete(guid);
      await this.between(async () => {
        const head = this.#options.states.heads.get(guid);
        if (head !== undefined && isWorthFolding(head, this.#options.limits))
          await this.#fold(head);
      });
    }
    this.#running = undefined;
  }

  /** @returns true when the base covers all there was */
  async #fold(head: IndexedHead): Promise<boolean> {
    const { states, log, runtime, counters } = this.#options;
    const { guid } = head;
    let stored: StoredDocument | undefined;
    let base: Uint8Array | undefined;
    try {
      stored = await log.read(guid, 0);
      base = stored && (await this.#compacted(head, stored));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      runtime.log('warn', 'A document could not be compacted; its rows stay.', { guid, reason });
    }
    if (this.#closed) return false;
    if (stored === undefined || base === undefined) {
      this.#refuse(guid, head.rows * 2);
      return false;
    }
    try {
      await log.putBase(guid, { update: base, through: stored.last });
      await log.dropRows(guid);
    } catch (error) {
      this.#options.failed(error);
      return false;
    }
    const rowBytes = stored.rows.reduce((sum, row) => sum + row.update.length, 0);
    states.folded(guid, stored.rows.length, rowBytes, base.length);
    this.#refused.delete(guid);
    counters.folds++;
    return true;
  }

  /** The base that covers `stored`, once everything that it would destroy unrightfully is put back. */
  async #compacted(head: IndexedHead, stored: StoredDocument): Promise<Uint8Array | undefined> {
    const { compactor, mesh, runtime, counters } = this.#options;
    const { guid, namespace, segment } = head;
    const rows = stored.rows.map((row) => row.update);
    const updates = stored.base === undefined ? rows : [stored.base.update, ...rows];
    const clientId = freshClientId(runtime);
    const compaction = await compactor.compact({
      mesh,
      guid,
      namespace,
      segment,
      updates,
      clientId,
    });
    if (this.#closed || compaction.putBack === undefined) return compaction.base;
    const name = { guid, namespace, segment };
    if (!(await this.#options.putBack(name, compaction.putBack))) return undefined;
    counters.putBack += compaction.envelopes;
    runtime.log(
      'warn',
      'Envelopes that were deleted without tombstone or successor were put back.',
      {
        ...name,
        elements: compaction.envelopes,
      },
    );
    return compaction.base;
  }

  #refuse(guid: Guid, rows: number): void {
    if (this.#refused.size >= this.#options.limits.foldsWaiting) this.#refused.clear();
    this.#refused.set(guid, rows);
  }
}

/** A fold rewrites the base, so the rows must be worth it. */
function isWorthFolding(head: IndexedHead, limits: RelayLimits): boolean {
  const baseBytes = head.bytes - head.rowBytes;
  if (head.rows >= limits.foldRowsAtMost) return true;
  if (head.rows >= limits.foldRows && head.rowBytes * 4 >= baseBytes) return true;
  return head.rowBytes >= limits.foldBytes && head.rowBytes >= baseBytes;
}

/** A client id never used before, as every instance of a document needs: 53 random bits. */
function freshClientId(runtime: Pick<Runtime, 'randomBytes'>): number {
  const bytes = runtime.randomBytes(7);
  let id = (bytes[0] as number) & 0x1f;
  for (let i = 1; i < 7; i++) id = id * 256 + (bytes[i] as number);
  return id;
}
