import type { Syscall } from './syscalls.js';

/** Bytes of the header before each page in SQLite's write-ahead log. */
const FRAME_HEADER = 24;
/** Where that header says how large the database is after a commit; 0 in a frame that ends none. */
const COMMIT_SIZE = 4;

/** What was done to one write-ahead log: writes, ends of transactions, flushes. */
export class WalHistory {
  readonly #writes: readonly Syscall[];
  readonly #flushes: readonly Syscall[];
  /** Moments at which the last page of a transaction was written. */
  readonly #commits: readonly number[];

  constructor(calls: readonly Syscall[], path: string) {
    const own = calls.filter(({ target }) => target === path);
    this.#writes = own.filter(({ name }) => name.includes('write'));
    this.#flushes = own.filter(({ name }) => name === 'fsync' || name === 'fdatasync');
    this.#commits = this.#writes.flatMap((write, i) => {
      const page = this.#writes[i + 1];
      return isCommitHeader(write) && page !== undefined ? [page.ended] : [];
    });
  }

  get commits(): number {
    return this.#commits.length;
  }

  /**
   * The first moment at which the transaction that wrote this text had survived a power cut: a flush
   * had ended well that began after its last page was written.
   */
  durableAt(text: string): number | undefined {
    const written = this.#writes.find(({ data }) => data.includes(text));
    if (written === undefined) return undefined;
    const committed = this.#commits.find((moment) => moment >= written.ended);
    if (committed === undefined) return undefined;
    const flushes = this.#flushes.filter(({ began, result }) => began > committed && result === 0);
    return flushes.length === 0 ? undefined : Math.min(...flushes.map(({ ended }) => ended));
  }
}

function isCommitHeader({ data }: Syscall): boolean {
  return data.length === FRAME_HEADER && data.readUInt32BE(COMMIT_SIZE) !== 0;
}

/** Somebody was told that this text is durable. */
export interface Promised {
  readonly text: string;
  /** The moment at which the telling began. */
  readonly told: number;
}

/** The promises given before they were true. */
export function givenTooEarly(promises: readonly Promised[], wal: WalHistory): readonly string[] {
  return promises.flatMap(({ text, told }) => {
    const durable = wal.durableAt(text);
    if (durable !== undefined && durable < told) return [];
    return [`"${text}" was promised at ${told} and durable ${durable ?? 'never'}`];
  });
}
