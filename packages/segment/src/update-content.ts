import * as Y from 'yjs';
import { type ClockRange, type ClockRanges, normalizeRanges, rangesCover } from './clock-ranges.js';
import type { DocumentState } from './document-state.js';

/** What one update adds to a document, read without any document. */
export interface UpdateContent {
  /** Struct ranges by client, without the holes that merging left. */
  readonly structs: ReadonlyMap<number, ClockRanges>;
  readonly deleted: ReadonlyMap<number, ClockRanges>;
  /** For each client, the clock below which its structs must be held: origins, parents and deletions point there. */
  readonly needs: ReadonlyMap<number, number>;
}

/** @throws Error when the bytes are no V1 update, or one that no Yjs document could have made */
export function readUpdate(update: Uint8Array): UpdateContent {
  const { structs, ds } = Y.decodeUpdate(update);
  const ranges = new Map<number, ClockRange[]>();
  const deleted = new Map<number, ClockRange[]>();
  const needs = new Map<number, number>();
  for (const struct of structs) {
    // decodeUpdate yields Skip structs for the holes; they are neither Item nor GC
    if (struct instanceof Y.Item) needAll(needs, struct);
    else if (!(struct instanceof Y.GC)) continue;
    const { client, clock } = struct.id;
    extend(ranges, client, clock, clock + struct.length);
    // Yjs counts these as deleted whether or not the update's own delete set names them.
    if (!(struct instanceof Y.Item) || struct.content instanceof Y.ContentDeleted) {
      extend(deleted, client, clock, clock + struct.length);
    }
  }
  for (const [client, items] of ds.clients) {
    for (const { clock, len } of items) {
      extend(deleted, client, clock, clock + len);
      if ((needs.get(client) ?? 0) < clock + len) needs.set(client, clock + len);
    }
  }
  return { structs: normalizeAll(ranges), deleted: normalizeAll(deleted), needs };
}

/** The ids an item refers to. Those of its own client lie before it; Yjs would throw in mid-transaction if not. */
function needAll(needs: Map<number, number>, item: Y.Item): void {
  for (const id of [item.origin, item.rightOrigin, item.parent]) {
    if (!(id instanceof Y.ID)) continue;
    if (id.client === item.id.client && id.clock >= item.id.clock) {
      throw new RangeError('an item refers to itself or to a later one');
    }
    if ((needs.get(id.client) ?? 0) <= id.clock) needs.set(id.client, id.clock + 1);
  }
}

/**
 * Does the update follow on what is held, leaving no hole? Yjs keeps an update with a missing
 * dependency in memory for ever, fires no event and shows nothing, so it must not be applied.
 */
export function followsOn(
  { clocks }: Pick<DocumentState, 'clocks'>,
  content: UpdateContent,
): boolean {
  const after = new Map<number, number>();
  for (const [client, ranges] of content.structs) {
    let clock = clocks.get(client) ?? 0;
    for (const { from, to } of ranges) {
      if (from > clock) return false;
      clock = Math.max(clock, to);
    }
    after.set(client, clock);
  }
  for (const [client, needed] of content.needs) {
    if ((after.get(client) ?? clocks.get(client) ?? 0) < needed) return false;
  }
  return true;
}

/** Does the state already hold all of the update? */
export function holdsAll(state: DocumentState, content: UpdateContent): boolean {
  for (const [client, ranges] of content.structs) {
    if ((state.clocks.get(client) ?? 0) < (ranges.at(-1) as ClockRange).to) return false;
  }
  for (const [client, ranges] of content.deleted) {
    if (!rangesCover(state.deleted.get(client) ?? [], ranges)) return false;
  }
  return true;
}

/** The state reached from nothing but this update's own ranges. Unite it with a state the update follows on. */
export function stateOf(content: UpdateContent): DocumentState {
  const clocks = new Map<number, number>();
  for (const [client, ranges] of content.structs)
    clocks.set(client, (ranges.at(-1) as ClockRange).to);
  return { clocks, deleted: content.deleted };
}

function extend(ranges: Map<number, ClockRange[]>, client: number, from: number, to: number): void {
  if (!Number.isSafeInteger(to)) throw new RangeError('clock out of range');
  const own = ranges.get(client);
  if (own === undefined) {
    ranges.set(client, [{ from, to }]);
    return;
  }
  const last = own[own.length - 1] as ClockRange;
  if (last.to === from) own[own.length - 1] = { from: last.from, to };
  else own.push({ from, to });
}

function normalizeAll(
  ranges: ReadonlyMap<number, readonly ClockRange[]>,
): ReadonlyMap<number, ClockRanges> {
  const normal = new Map<number, ClockRanges>();
  for (const [client, own] of ranges) {
    const joined = normalizeRanges(own);
    if (joined.length > 0) normal.set(client, joined);
  }
  return normal;
}
