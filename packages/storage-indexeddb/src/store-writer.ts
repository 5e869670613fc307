import type { RecordVector, StoreBatch } from '@mnemesh/core';
import { type Guid, hasCode, type Log, MnemeshError } from '@mnemesh/protocol';
import { Changes } from './changes.js';
import type { Connection } from './connection.js';
import type { Content } from './content.js';
import { copyStore } from './copy-store.js';
import type { Databases } from './databases.js';
import type { DocumentBytes, DocumentPlace } from './document-place.js';
import { isFull, lostError, storeError } from './errors.js';
import { lookUp, mustStandAlone, stillLogged } from './found.js';
import { vectorRows } from './indexeddb-vectors.js';
import { putAside } from './put-aside.js';
import type { DamagedRow } from './read-documents.js';
import type { UpdateKey } from './rows.js';
import { type RecordChange, Stage } from './stage.js';
import { type Outcome, WriteQueue } from './write-queue.js';

/** What is written, one after the other. */
export type Write =
  | { readonly kind: 'batch'; readonly batch: StoreBatch }
  | {
      readonly kind: 'foreign';
      readonly guid: Guid;
      /** What it takes the place of: their bytes are gone. */
      readonly replaced: readonly UpdateKey[];
    }
  | { readonly kind: 'lacks'; readonly guid: Guid; readonly rows: number }
  | {
      readonly kind: 'vectors';
      readonly embedder: string;
      readonly vectors: readonly RecordVector[];
    }
  | { readonly kind: 'aside'; readonly rows: readonly DamagedRow[] }
  | { readonly kind: 'erase'; readonly guids: readonly Guid[] };

type BatchWrite = Extract<Write, { readonly kind: 'batch' }>;
type ForeignWrite = Extract<Write, { readonly kind: 'foreign' }>;

export interface WriterParts {
  readonly databases: Databases;
  readonly connection: Connection;
  readonly content: Content;
  /** Where the bytes of documents lie; undefined: in their rows. */
  readonly place: DocumentPlace | undefined;
  readonly log: Log;
  /** A write was refused because there was no room. */
  readonly onFull?: (() => void) | undefined;
  readonly onRecords: (changes: readonly RecordChange[]) => void;
}

/** Reads from the database, and from where the bytes of its documents lie apart. */
export type ReadStore<T> = (connection: Connection, bytes?: DocumentBytes) => Promise<T>;

/** Writes to one store, of which it is the only writer: what it read before a transaction holds within it. */
export class StoreWriter {
  readonly #databases: Databases;
  readonly #onRecords: WriterParts['onRecords'];
  readonly #queue = new WriteQueue<Write>(standsAlone, (items) => this.#write(items));
  readonly #reading = new Set<Promise<unknown>>();
  readonly #place: DocumentPlace | undefined;
  readonly #log: Log;
  readonly #onFull: WriterParts['onFull'];
  #connection: Connection;
  #bytes: DocumentBytes | undefined;
  #content: Content;
  /** A deferred commit may not be on the disk yet. */
  #unflushed = false;

  constructor(parts: WriterParts) {
    const { databases, connection, content, place, log, onFull, onRecords } = parts;
    this.#place = place;
    this.#log = log;
    this.#onFull = onFull;
    this.#bytes = place && databases.bytesOf(connection, place);
    this.#databases = databases;
    this.#connection = connection;
    this.#content = content;
    this.#onRecords = onRecords;
  }

  /** Of every commit that has resolved. */
  get content(): Content {
    return this.#content;
  }

  add(write: Write): Promise<void> {
    return this.#queue.add(write);
  }

  /** No commit counts any more. */
  fail(reason: unknown): void {
    this.#queue.fail(reason);
  }

  /** Reads from what is the store at this moment, which stays open until it is done. */
  async read<T>(read: ReadStore<T>): Promise<T> {
    const reading = read(this.#connection, this.#bytes);
    this.#reading.add(reading);
    try {
      return await reading;
    } finally {
      this.#reading.delete(reading);
    }
  }

  /** Waits for writes under way, and makes durable what was deferred: where that fails, others have it. */
  async close(): Promise<void> {
    await this.#queue.idle();
    try {
      if (this.#unflushed) await this.#queue.add({ kind: 'batch', batch: {} });
    } catch (error) {
      this.#log('warn', 'what was received last may not be on the disk, and is fetched again', {
        error: String(error),
      });
    }
    await Promise.allSettled(this.#reading);
    await this.#bytes?.close();
    this.#connection.close();
  }

  async #write(items: readonly Write[]): Promise<readonly Outcome[]> {
    try {
      const [first] = items;
      if (first === undefined || first.kind === 'batch')
        return await this.#writeBatches(items as readonly BatchWrite[]);
      if (first.kind === 'foreign') return [await this.#takeIn(first)];
      return [await this.#writeBeside(first)];
    } catch (error) {
      if (isFull(error)) this.#onFull?.();
      throw storeError(error);
    }
  }

  /** What another program added to a document is an update of it like any other, and the relay has not seen it. */
  async #takeIn({ guid, replaced }: ForeignWrite): Promise<Outcome> {
    const added = (await this.#bytes?.setForeignAside(guid)) ?? [];
    if (added.length === 0 || !this.#content.documents.has(guid)) return undefined;
    const updates = added.map(({ bytes }) => ({ guid, update: bytes }));
    const batch = { updates, unacked: [{ guid, unacked: true }] };
    const stage = new Stage(this.#content, await lookUp(this.#connection, [batch], this.#content));
    stage.add(batch);
    stage.dropUpdates(guid, await stillLogged(this.#connection, guid, replaced));
    const content = stage.finish();
    stage.bytes?.drop({ guid, through: 0, numbers: added.map(({ number }) => number) });
    await this.#commitWithBytes(stage, false);
    this.#content = content;
    return undefined;
  }

  /** Nothing that is written later rests on these: a failure is one's own, and commits go on. */
  async #writeBeside(write: Exclude<Write, BatchWrite | ForeignWrite>): Promise<Outcome> {
    try {
      if (write.kind === 'vectors') await this.#writeVectors(write.embedder, write.vectors);
      else if (write.kind === 'aside') await this.#putAside(write.rows);
      else if (write.kind === 'lacks') await this.#markDamaged(write.guid, write.rows);
      else await this.#erase(write.guids);
      return undefined;
    } catch (error) {
      if (isFull(error)) this.#onFull?.();
      return retryable(error);
    }
  }

  async #writeBatches(items: readonly BatchWrite[]): Promise<readonly Outcome[]> {
    const batches = items.map(({ batch }) => batch);
    const stage = new Stage(this.#content, await lookUp(this.#connection, batches, this.#content));
    const outcomes = batches.map((batch): Outcome => {
      try {
        stage.add(batch);
        return undefined;
      } catch (error) {
        if (hasCode(error, 'not_found') || hasCode(error, 'bad_input')) return error;
        throw error;
      }
    });
    const content = stage.finish();
    const deferred = batches.every(
      (batch, n) => outcomes[n] !== undefined || batch.deferred === true,
    );
    await this.#commitWithBytes(stage, deferred);
    this.#content = content;
    this.#onRecords(stage.records);
    return outcomes;
  }

  /**
   * First the bytes are on the disk, then the rows that name them, and what no row names any more goes last:
   * a crash anywhere leaves rows that have their bytes.
   */
  async #commitWithBytes({ changes, bytes }: Stage, deferred: boolean): Promise<void> {
    const { kept = [], dropped = [] } = bytes ?? {};
    if (kept.length > 0) await this.#bytes?.keep(kept);
    await this.#commit(changes, deferred && dropped.length === 0);
    try {
      if (dropped.length > 0) await this.#bytes?.drop(dropped);
    } catch (error) {
      // Nothing names it: the next erasure, or the next write to its document, tries again.
      this.#log('warn', 'bytes that no document needs could not be deleted', {
        error: String(error),
      });
    }
  }

  /** A flush covers every transaction before it. */
  async #commit(changes: Changes, deferred = false): Promise<void> {
    if (changes.puts.length === 0) {
      if (deferred || !this.#unflushed) return;
      changes.put('meta', this.#content.opened, 'identity');
    }
    await this.#connection.write(changes.names, deferred ? 'relaxed' : 'strict', changes.puts);
    this.#unflushed = deferred;
  }

  async #writeVectors(embedder: string, vectors: readonly RecordVector[]): Promise<void> {
    const changes = new Changes();
    for (const row of await vectorRows(this.#connection, embedder, vectors))
      changes.put('vectors', row);
    const { embedders } = this.#content;
    const known = embedders.includes(embedder) ? embedders : [...embedders, embedder];
    if (known !== embedders) changes.put('meta', known, 'embedders');
    await this.#commit(changes);
    this.#content = { ...this.#content, embedders: known };
  }

  /** The next read of them finds what is left, and their document says that it lacks something. */
  async #putAside(rows: readonly DamagedRow[]): Promise<void> {
    const { changes, content } = await putAside(this.#connection, this.#content, rows, this.#bytes);
    await this.#commit(changes);
    await this.#bytes?.accept([...new Set(rows.map(({ guid }) => guid))]);
    this.#content = content;
  }

  /** Its rows stay: what is read in their place is not its own yet. */
  async #markDamaged(guid: Guid, rows: number): Promise<void> {
    const { damage, documents } = this.#content;
    if (damage.has(guid) || !documents.has(guid)) return;
    const changes = new Changes();
    changes.put('damage', rows, guid);
    await this.#commit(changes);
    this.#content = { ...this.#content, damage: new Map(damage).set(guid, rows) };
  }

  /**
   * Browsers keep deleted rows in their files until they tidy up, which nobody can ask for. A database that was
   * deleted is what they tidy up after first: so the store is copied, and the old one deleted.
   */
  async #erase(guids: readonly Guid[]): Promise<void> {
    const [before, from] = [this.#connection, this.#bytes];
    const lost = (): void => this.fail(lostError());
    let copy: Connection | undefined;
    let to: DocumentBytes | undefined;
    try {
      copy = await this.#databases.openNext(before, lost);
      to = this.#place && this.#databases.bytesOf(copy, this.#place);
      await copyStore(before, copy, new Set(guids), { from, to, place: this.#place?.name });
    } catch (error) {
      await to?.close();
      if (copy !== undefined) await this.#discard(copy);
      throw error;
    }
    this.#connection = copy;
    this.#bytes = to;
    this.#unflushed = false;
    await Promise.allSettled(this.#reading);
    before.close();
    await from?.close();
    // Where that fails, the next erasure or opening tries again; until then nothing has been erased.
    await this.#databases.dropOthers(copy);
    await this.#tidy(copy);
  }

  /** Deletes bytes that are no part of this. @throws when any of them may still be there */
  async #tidy(connection: Connection): Promise<void> {
    const guids = new Set(this.#content.documents.keys());
    if (this.#place !== undefined) await this.#databases.tidy(this.#place, connection, guids);
  }

  /** Gives back the room that half a copy takes: commits need it. Whoever has lost the store deletes nothing. */
  async #discard(copy: Connection): Promise<void> {
    try {
      await this.#connection.mustHold();
      copy.close();
      await this.#databases.drop(copy);
      await this.#tidy(this.#connection);
    } catch {
      // The next copy, or the next opening, deletes it.
    } finally {
      copy.close();
    }
  }
}

function standsAlone(write: Write): boolean {
  return write.kind !== 'batch' || mustStandAlone(write.batch);
}

function retryable(error: unknown): Outcome {
  const { code, message } = storeError(error);
  return new MnemeshError(code, message, { retryable: true, cause: error });
}
