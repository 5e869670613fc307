import type { StoredDocument } from '@mnemesh/core';
import type { Guid } from '@mnemesh/protocol';
import { beginningWith, type Connection, result } from './connection.js';
import { storedDocument } from './content.js';
import type { DocumentBytes } from './document-place.js';
import type { DamagedRow, Read } from './read-documents.js';
import {
  type BytesRow,
  type DocumentRow,
  isSound,
  type SnapshotRow,
  type UpdateKey,
} from './rows.js';

/** Times that rows are read again when commits changed them while their bytes were read. */
const ATTEMPTS = 8;

interface Rows {
  readonly head: DocumentRow;
  readonly snapshot: SnapshotRow | undefined;
  readonly keys: readonly UpdateKey[];
  readonly updates: readonly BytesRow[];
}

/** A document whose bytes lie apart from their rows. */
export interface ApartRead extends Read<StoredDocument | undefined> {
  /** Another program added to it. */
  readonly hasForeign: boolean;
  /** Rows whose bytes that program deleted; the state that it wrote before is read in their place. */
  readonly replaced?: ReplacedRows | undefined;
}

export interface ReplacedRows {
  readonly keys: readonly UpdateKey[];
  /** The state holds all that they said. */
  readonly isProven: boolean;
}

export async function readApart(
  connection: Connection,
  bytes: DocumentBytes,
  guid: Guid,
): Promise<ApartRead> {
  for (let attempt = 1; ; attempt++) {
    const rows = await readRows(connection, guid);
    if (rows === undefined) return { value: undefined, damaged: [], hasForeign: false };
    const read = await withBytes(rows, bytes);
    // What is missing may have been folded meanwhile: then its row is gone, too.
    const isWhole = read.damaged.length === 0 && read.replaced === undefined;
    if (isWhole || attempt === ATTEMPTS) return read;
    if (isSame(rows, await readRows(connection, guid))) return read;
  }
}

async function readRows(connection: Connection, guid: Guid): Promise<Rows | undefined> {
  return connection.read(['documents', 'snapshots', 'updates'], async (stores) => {
    const range = beginningWith(guid);
    const [head, snapshot, keys, updates] = await Promise.all([
      result<DocumentRow | undefined>(stores('documents').get(guid)),
      result<SnapshotRow | undefined>(stores('snapshots').get(guid)),
      result(stores('updates').getAllKeys(range)) as unknown as Promise<UpdateKey[]>,
      result<BytesRow[]>(stores('updates').getAll(range)),
    ]);
    return head && { head, snapshot, keys, updates };
  });
}

async function withBytes(rows: Rows, bytes: DocumentBytes): Promise<ApartRead> {
  const { head, keys } = rows;
  const { guid } = head;
  const beyond = keys.filter(([, number]) => number > head.through).map(([, number]) => number);
  const first = await bytes.read(guid, { updates: beyond, snapshot: rows.snapshot?.number });
  const found = rows.snapshot && { ...rows.snapshot, bytes: first.snapshot ?? rows.snapshot.bytes };
  const snapshot = found !== undefined && isSound(found) ? found : undefined;
  // What a lost snapshot covered may still be there.
  const covered = keys.filter(([, number]) => number <= head.through).map(([, number]) => number);
  const rest =
    snapshot === undefined && covered.length > 0
      ? (await bytes.read(guid, { updates: covered })).updates
      : new Map<number, Uint8Array>();
  const through = snapshot === undefined ? 0 : head.through;
  const damaged: DamagedRow[] = [];
  if (through < head.through) damaged.push({ guid, store: 'snapshots', key: guid, row: found });
  const logged: readonly LoggedBytes[] = keys.flatMap((key, n) => {
    const [, number] = key;
    const update = first.updates.get(number) ?? rest.get(number);
    return number <= through ? [] : [{ key, update, row: rows.updates[n] as BytesRow }];
  });
  const gone = first.hasForeign ? beginningWithoutBytes(logged) : [];
  const state = gone.length === 0 ? undefined : await bytes.foreignState(guid);
  const log = logged.slice(state === undefined ? 0 : gone.length).flatMap((one) => {
    const update = one.update ?? NO_BYTES;
    const row = { ...one.row, bytes: update };
    if (isSound(row)) return [{ number: one.key[1], update }];
    damaged.push({ guid, store: 'updates', key: [...one.key], row });
    return [];
  });
  if (state === undefined)
    return {
      value: storedDocument(head, snapshot, through, log),
      damaged,
      hasForeign: first.hasForeign,
    };
  // Under the number of the last of them: whoever folds the log folds them with it.
  const [, number] = gone.at(-1) as UpdateKey;
  const read = [...state.updates.map((update) => ({ number, update })), ...log];
  const value = storedDocument(head, snapshot, through, read);
  return { value, damaged, hasForeign: true, replaced: { keys: gone, isProven: state.isProven } };
}

interface LoggedBytes {
  readonly key: UpdateKey;
  readonly update: Uint8Array | undefined;
  readonly row: BytesRow;
}

/** The first updates, as far as they have no bytes; none where bytes are missing after others that are there. */
function beginningWithoutBytes(logged: readonly LoggedBytes[]): readonly UpdateKey[] {
  const gone = logged.filter(({ update }) => update === undefined);
  return gone.every((one, n) => one === logged[n]) ? gone.map(({ key }) => key) : [];
}

export const NO_BYTES = new Uint8Array(0);

/** Neither update nor snapshot came or went. */
function isSame(one: Rows, other: Rows | undefined): boolean {
  return (
    one.snapshot?.number === other?.snapshot?.number &&
    one.head.through === other?.head.through &&
    one.keys.length === other?.keys.length &&
    one.keys.every(([, number], n) => number === other?.keys[n]?.[1])
  );
}
