import type { Guid } from '@mnemesh/protocol';
import type { Changes } from './changes.js';
import { type Connection, result } from './connection.js';
import type { DocumentBytes, KeptBytes, NumberedBytes } from './document-place.js';
import {
  apartRow,
  type BytesRow,
  bytesRow,
  type DocumentRow,
  type SnapshotRow,
  type UpdateKey,
} from './rows.js';
import type { StoreName } from './schema.js';

export interface CarriedRow {
  readonly key: IDBValidKey;
  readonly value: unknown;
}

/** Where the bytes of documents lie in a store and in its copy; undefined: in their rows. */
export interface CarryEnds {
  readonly from?: DocumentBytes | undefined;
  readonly to?: DocumentBytes | undefined;
  /** Name of the place in which the copy has them. */
  readonly place?: string | undefined;
  /** Name of the place that the copy leaves. */
  readonly left?: string | undefined;
}

/** Carries the bytes of documents along with the rows that name them, from where they lie to where they are to lie. */
export class CarriedBytes {
  readonly #rows: Connection;
  readonly #ends: CarryEnds;
  /** The highest number given; read when one is needed first. */
  #last: number | undefined;

  constructor(rows: Connection, ends: CarryEnds) {
    this.#rows = rows;
    this.#ends = ends;
  }

  /** @returns the rows as they are in the copy, where their bytes are by then */
  async carry(
    name: StoreName,
    rows: readonly CarriedRow[],
    changes: Changes,
  ): Promise<readonly CarriedRow[]> {
    const { from, to } = this.#ends;
    if (from === undefined && to === undefined) return rows;
    if (name === 'documents') return this.#documents(rows, changes);
    if (name === 'updates') return this.#updates(rows);
    if (name === 'snapshots') return this.#snapshots(rows, changes);
    return rows;
  }

  /** What else the copy must say of itself. */
  finish(changes: Changes): void {
    if (this.#last !== undefined) changes.put('meta', this.#last, 'numbers');
  }

  async #updates(rows: readonly CarriedRow[]): Promise<readonly CarriedRow[]> {
    const carried: CarriedRow[] = [];
    for (const [guid, ours] of byDocument(rows)) {
      const numbers = ours.map(({ key }) => (key as unknown as UpdateKey)[1]);
      const from = await this.#ends.from?.read(guid, { updates: numbers });
      const filled = ours.map(({ key, value }, n) => {
        const row = value as BytesRow;
        const number = numbers[n] as number;
        const bytes = from === undefined ? row.bytes : from.updates.get(number);
        return {
          key,
          number,
          row: { ...row, bytes: bytes ?? row.bytes },
          isThere: bytes !== undefined,
        };
      });
      // Without its bytes an update stays missing: empty ones would keep other programs from opening the document.
      const there = filled.filter(({ isThere }) => isThere);
      await this.#keep({
        guid,
        updates: there.map(({ number, row }) => ({ number, bytes: row.bytes })),
      });
      carried.push(...filled.map(({ key, row }) => ({ key, value: this.#left(row) })));
    }
    return carried;
  }

  async #snapshots(rows: readonly CarriedRow[], changes: Changes): Promise<readonly CarriedRow[]> {
    const carried: CarriedRow[] = [];
    for (const { key, value } of rows) {
      const { number: before, ...row } = value as SnapshotRow;
      const found = await this.#ends.from?.read(row.guid, { updates: [], snapshot: before });
      const filled = { ...row, bytes: found?.snapshot ?? row.bytes };
      const number = this.#ends.to && (before ?? (await this.#number(row.guid, changes)));
      if (number !== undefined) await this.#keepSnapshot(row.guid, { number, bytes: filled.bytes });
      carried.push({ key, value: { ...this.#left(filled), ...(number && { number }) } });
    }
    return carried;
  }

  #keepSnapshot(guid: Guid, snapshot: NumberedBytes): Promise<void> {
    return this.#keep({ guid, updates: [], snapshot });
  }

  async #keep(kept: KeptBytes): Promise<void> {
    await this.#ends.to?.keep([kept]);
  }

  /** The checksum stays what it was: what is damaged is found out when it is read. */
  #left<Row extends BytesRow>(row: Row): Row {
    return this.#ends.to === undefined ? row : { ...row, bytes: apartRow(row.bytes).bytes };
  }

  /** What other programs added and nobody read yet stays theirs, or becomes the document's where nobody can find it later. */
  async #documents(rows: readonly CarriedRow[], changes: Changes): Promise<readonly CarriedRow[]> {
    const { from, to } = this.#ends;
    const carried: CarriedRow[] = [];
    for (const { key, value } of rows) {
      let row = value as DocumentRow;
      const foreign = (await from?.setForeignAside(row.guid)) ?? [];
      if (to === undefined) row = await this.#takenIn(row, foreign, changes);
      else if (foreign.length > 0) await to.keep([{ guid: row.guid, updates: [], foreign }]);
      carried.push({ key, value: row });
    }
    return carried;
  }

  async #takenIn(
    row: DocumentRow,
    foreign: readonly NumberedBytes[],
    changes: Changes,
  ): Promise<DocumentRow> {
    let taken = row;
    for (const { bytes } of foreign) {
      const last = await this.#nextNumber();
      changes.put('updates', bytesRow(bytes), [row.guid, last, bytes.length]);
      const { logBytes, updates } = taken;
      taken = {
        ...taken,
        last,
        logBytes: logBytes + bytes.length,
        updates: updates + 1,
        unacked: true,
      };
    }
    return taken;
  }

  /** A number for a snapshot that had none, which its document's row is told. */
  async #number(guid: Guid, changes: Changes): Promise<number> {
    const number = await this.#nextNumber();
    const row = await this.#rows.read(['documents'], (stores) =>
      result<DocumentRow | undefined>(stores('documents').get(guid)),
    );
    if (row !== undefined)
      changes.put('documents', { ...row, snapshotNumber: number, last: number });
    return number;
  }

  async #nextNumber(): Promise<number> {
    this.#last = (this.#last ?? (await this.#readLast())) + 1;
    return this.#last;
  }

  async #readLast(): Promise<number> {
    const [documents, numbers] = await this.#rows.read(['documents', 'meta'], (stores) =>
      Promise.all([
        result<DocumentRow[]>(stores('documents').getAll()),
        result<number | undefined>(stores('meta').get('numbers')),
      ]),
    );
    return documents.reduce((last, row) => Math.max(last, row.last), numbers ?? 0);
  }
}

function byDocument(rows: readonly CarriedRow[]): ReadonlyMap<Guid, readonly CarriedRow[]> {
  const documents = new Map<Guid, CarriedRow[]>();
  for (const row of rows) {
    const [guid] = row.key as unknown as UpdateKey;
    const ours = documents.get(guid) ?? [];
    documents.set(guid, ours);
    ours.push(row);
  }
  return documents;
}
