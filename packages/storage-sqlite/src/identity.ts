import type { StoreOpening } from '@mnemesh/core';
import { type ReplicaId, type Runtime, toHex } from '@mnemesh/protocol';
import type { Database, Row } from '@mnemesh/sqlite';
import type { Quarantine } from './quarantine.js';
import { isSound, isUnreadable, specs, TableWriter } from './tables.js';

type IdentityRow = {
  readonly replica: ReplicaId;
  readonly counter: number;
  readonly clean: number;
} & Row;
const RANDOM_BYTES = 16;

/** Who this store is, and which opening of it this is. */
export class Identity {
  readonly #database: Database;
  readonly #table: TableWriter;
  #opened: StoreOpening;

  /** Counts this opening, durably. A store that cannot tell who it is becomes another replica. */
  constructor(database: Database, quarantine: Quarantine, runtime: Runtime) {
    this.#database = database;
    this.#table = new TableWriter(database, specs.identity);
    this.#opened = database.transaction(() => {
      const found = readIdentity(database);
      const sound = found !== undefined && isSound(specs.identity, found) ? found : undefined;
      const counter = (sound?.counter ?? 0) + 1;
      quarantine.foundBy(counter);
      if (found !== undefined && sound === undefined)
        quarantine.take(specs.identity, found, 'checksum');
      const replica = sound?.replica ?? (toHex(runtime.randomBytes(RANDOM_BYTES)) as ReplicaId);
      const opened = { replica, counter, nonce: toHex(runtime.randomBytes(RANDOM_BYTES)) };
      this.#write(opened, false);
      return opened;
    });
  }

  get opened(): StoreOpening {
    return this.#opened;
  }

  /** Inside the transaction of a batch; `adopt` follows once that is durable. */
  writeReplica(replica: ReplicaId): void {
    this.#write({ ...this.#opened, replica }, false);
  }

  adopt(replica: ReplicaId): void {
    this.#opened = { ...this.#opened, replica };
  }

  /** Inside a transaction that may change nothing else: gives it something to flush, and with it all that came before. */
  touch(): void {
    this.#write(this.#opened, false);
  }

  /** The next opening may trust the file to be whole. */
  markClean(): void {
    this.#database.transaction(() => this.#write(this.#opened, true));
  }

  #write({ replica, counter, nonce }: StoreOpening, clean: boolean): void {
    this.#table.insert({ one: 1, replica, counter, nonce, clean: Number(clean) });
  }
}

function readIdentity(database: Database): IdentityRow | undefined {
  try {
    return database.prepare('SELECT * FROM identity').get<IdentityRow>();
  } catch (error) {
    if (isUnreadable(error)) return undefined;
    throw error;
  }
}

/** Did the last opening end with `close`? */
export function endedClean(database: Database): boolean {
  const row = database.prepare('SELECT clean = 1 AS clean FROM identity').get<{ clean: number }>();
  return row === undefined || row.clean === 1;
}
