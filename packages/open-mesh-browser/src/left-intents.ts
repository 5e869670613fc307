import { isFinal, type LeftCall, type StandIn } from '@mnemesh/holder';
import type { Cancel, Log, MeshId, Runtime } from '@mnemesh/protocol';
import { type IntentRow, IntentRows } from '@mnemesh/storage-indexeddb';
import { keeperLock } from './keeper-lock.js';

/** Milliseconds after which what could not be done is tried again, though no tab came or went. */
const AGAIN_MS = 5_000;

export interface LeftIntentsOptions {
  readonly mesh: MeshId;
  readonly runtime: Runtime;
  /** Somebody who does what an agent of this name asked for. */
  readonly standIn: (agent: string) => Promise<StandIn>;
}

/** What tabs promised that are gone: the tab that leads does it, as if each were done once. */
export class LeftIntents {
  readonly #options: LeftIntentsOptions;
  readonly #rows: IntentRows;
  readonly #ending = new AbortController();
  /** Keepers of which the end is awaited, or whose intents are being done. */
  readonly #awaited = new Map<string, Promise<void>>();
  #looking: Promise<void> = Promise.resolve();
  #cancelLook: Cancel = () => undefined;

  private constructor(options: LeftIntentsOptions, rows: IntentRows) {
    this.#options = options;
    this.#rows = rows;
  }

  /** @throws MnemeshError `store_failed` */
  static async open(options: LeftIntentsOptions): Promise<LeftIntents> {
    return new LeftIntents(options, await IntentRows.open(options.mesh, options.runtime));
  }

  /** Looks for intents of tabs that are gone, and waits for the end of those that are not. */
  look(): void {
    this.#looking = this.#looking.then(() => this.#look()).catch((error) => this.#tell(error));
  }

  /** What is being done is done first. */
  async close(): Promise<void> {
    this.#ending.abort();
    this.#cancelLook();
    await this.#looking;
    await Promise.all(this.#awaited.values());
    this.#rows.close();
  }

  async #look(): Promise<void> {
    if (this.#ending.signal.aborted) return;
    const keepers = new Set((await this.#all()).map(({ keeper }) => keeper));
    for (const keeper of keepers) {
      if (this.#awaited.has(keeper)) continue;
      const { signal } = this.#ending;
      // Shared: a tab that led before, and was stopped, may be given it too and not let it go.
      const done: Promise<void> = navigator.locks
        .request(keeperLock(keeper), { signal, mode: 'shared' }, () => this.#doAll(keeper))
        .catch((error: unknown) => this.#tell(error))
        .then(() => {
          this.#awaited.delete(keeper);
        });
      this.#awaited.set(keeper, done);
    }
  }

  #all(): Promise<readonly IntentRow[]> {
    return this.#rows.all(this.#options.runtime.now());
  }

  /** One that cannot be done now keeps none of the others from being done, but those of the same record. */
  async #doAll(keeper: string): Promise<void> {
    const rows = (await this.#all()).filter((row) => row.keeper === keeper);
    const [first] = rows;
    if (first === undefined) return;
    // A keeper is of one open mesh, and so of one agent.
    const standIn = await this.#options.standIn(first.agent);
    const waiting = new Set<string>();
    for (const row of rows) {
      if (waiting.has(recordOf(row))) continue;
      // The next that leads does the rest.
      if (this.#ending.signal.aborted) return;
      await this.#do(row, standIn).catch((error) => {
        waiting.add(recordOf(row));
        this.#tell(error);
      });
    }
    // All of a record at once: those that are done tell the next stand-in what its guest wrote.
    await this.#rows.remove(rows.filter((row) => !waiting.has(recordOf(row))));
  }

  async #do(row: IntentRow, standIn: StandIn): Promise<void> {
    const { method, namespace, id, args, session, known, at, after, by } = row;
    try {
      await standIn.do(
        {
          ...{ method, args: [...args], record: { namespace, id }, session, at },
          known: known as LeftCall['known'],
          ...(after === undefined ? {} : { after }),
          ...(by === undefined ? {} : { by }),
        },
        (next) => this.#rows.put({ ...row, by: next }),
      );
    } catch (error) {
      // What can never be done would be tried for ever.
      if (!isFinal(error)) throw error;
      this.#log('error', `a write of a closed tab was not taken: ${String(error)}`);
    }
  }

  #tell(error: unknown): void {
    if (this.#ending.signal.aborted) return;
    this.#log('warn', 'what a closed tab wrote waits', { error: String(error) });
    this.#cancelLook();
    this.#cancelLook = this.#options.runtime.after(AGAIN_MS, () => this.look());
  }

  #log(...entry: Parameters<Log>): void {
    this.#options.runtime.log(...entry);
  }
}

function recordOf({ namespace, id }: IntentRow): string {
  return `${namespace}\n${id}`;
}
