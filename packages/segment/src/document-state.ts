import { readUint, sha256, toHex } from '@mnemesh/protocol';
import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import {
  type ClockRange,
  type ClockRanges,
  rangesCover,
  subtractRanges,
  uniteRanges,
} from './clock-ranges.js';

/**
 * What a Yjs document holds, without the document: for each client how many of its structs
 * (contiguous from 0), and which of them are deleted. A state vector alone says nothing of deletions.
 */
export interface DocumentState {
  readonly clocks: ReadonlyMap<number, number>;
  readonly deleted: ReadonlyMap<number, ClockRanges>;
}

export const emptyState: DocumentState = { clocks: new Map(), deleted: new Map() };

export function isEmptyState(state: DocumentState): boolean {
  return state.clocks.size === 0 && state.deleted.size === 0;
}

/** Everything either holds. Neither argument changes. */
export function uniteStates(a: DocumentState, b: DocumentState): DocumentState {
  if (isEmptyState(a)) return b;
  if (isEmptyState(b)) return a;
  const clocks = new Map(a.clocks);
  for (const [client, clock] of b.clocks) {
    if ((clocks.get(client) ?? 0) < clock) clocks.set(client, clock);
  }
  const deleted = new Map(a.deleted);
  for (const [client, ranges] of b.deleted) {
    deleted.set(client, uniteRanges(deleted.get(client) ?? [], ranges));
  }
  return { clocks, deleted };
}

/** Does `a` hold everything that `b` holds? */
export function stateCovers(a: DocumentState, b: DocumentState): boolean {
  for (const [client, clock] of b.clocks) if ((a.clocks.get(client) ?? 0) < clock) return false;
  for (const [client, ranges] of b.deleted) {
    if (!rangesCover(a.deleted.get(client) ?? [], ranges)) return false;
  }
  return true;
}

export function equalStates(a: DocumentState, b: DocumentState): boolean {
  return stateCovers(a, b) && stateCovers(b, a);
}

/** Deleted ranges of `a` that `b` does not have. */
export function subtractDeleted(
  a: DocumentState,
  b: DocumentState,
): ReadonlyMap<number, ClockRanges> {
  const rest = new Map<number, ClockRanges>();
  for (const [client, ranges] of a.deleted) {
    const missing = subtractRanges(ranges, b.deleted.get(client) ?? []);
    if (missing.length > 0) rest.set(client, missing);
  }
  return rest;
}

/** Canonical: equal states have equal bytes. Clients ascend; ranges are (gap, length) pairs. */
export function encodeState(state: DocumentState): Uint8Array {
  const encoder = encoding.createEncoder();
  const clients = [...state.clocks.keys()].filter((client) => state.clocks.get(client) !== 0);
  clients.sort((a, b) => a - b);
  encoding.writeVarUint(encoder, clients.length);
  for (const client of clients) {
    encoding.writeVarUint(encoder, client);
    encoding.writeVarUint(encoder, state.clocks.get(client) as number);
  }
  const deleters = [...state.deleted.keys()].filter((client) => state.deleted.get(client)?.length);
  deleters.sort((a, b) => a - b);
  encoding.writeVarUint(encoder, deleters.length);
  for (const client of deleters) {
    const ranges = state.deleted.get(client) as ClockRanges;
    encoding.writeVarUint(encoder, client);
    encoding.writeVarUint(encoder, ranges.length);
    let at = 0;
    for (const { from, to } of ranges) {
      encoding.writeVarUint(encoder, from - at);
      encoding.writeVarUint(encoder, to - from);
      at = to;
    }
  }
  return encoding.toUint8Array(encoder);
}

/** @throws RangeError when the bytes are no state in its canonical form */
export function decodeState(bytes: Uint8Array): DocumentState {
  const decoder = decoding.createDecoder(bytes);
  const clocks = new Map<number, number>();
  let previous = -1;
  for (let n = readCount(decoder); n > 0; n--) {
    previous = readAscending(decoder, previous);
    clocks.set(previous, readPositive(decoder));
  }
  const deleted = new Map<number, ClockRanges>();
  previous = -1;
  for (let n = readCount(decoder); n > 0; n--) {
    previous = readAscending(decoder, previous);
    deleted.set(previous, readRanges(decoder));
  }
  if (decoding.hasContent(decoder)) throw new RangeError('trailing bytes after a document state');
  return { clocks, deleted };
}

function readRanges(decoder: decoding.Decoder): ClockRanges {
  const ranges: ClockRange[] = [];
  let at = 0;
  let count = readCount(decoder);
  if (count === 0) throw new RangeError('a client without deleted ranges');
  for (; count > 0; count--) {
    const gap = readUint(decoder);
    if (gap === 0 && ranges.length > 0) throw new RangeError('ranges that touch');
    const from = at + gap;
    at = from + readPositive(decoder);
    if (!Number.isSafeInteger(at)) throw new RangeError('clock out of range');
    ranges.push({ from, to: at });
  }
  return ranges;
}

function readAscending(decoder: decoding.Decoder, previous: number): number {
  const client = readUint(decoder);
  if (client <= previous) throw new RangeError('clients out of order');
  return client;
}

function readPositive(decoder: decoding.Decoder): number {
  const value = readUint(decoder);
  if (value === 0) throw new RangeError('an empty range');
  return value;
}

/** Hash of the canonical bytes, hex: equal on replicas whose documents hold the same. */
export function hashState(state: DocumentState): string {
  return toHex(sha256(encodeState(state)));
}

/** Every entry takes at least one byte, so a count beyond the bytes left is a lie. */
function readCount(decoder: decoding.Decoder): number {
  const count = readUint(decoder);
  if (count > decoder.arr.length - decoder.pos) throw new RangeError('a document state ends early');
  return count;
}
