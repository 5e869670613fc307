import type { ClockRange, DocumentState } from '@mnemesh/segment';
import { ascending, ClockSet } from './clock-set.js';
import type { Piece, ReadUpdate } from './update-reader.js';

/** What an update adds to a room: nothing of it was held, and everything it refers to is. */
export interface AdmittedUpdate {
  readonly pieces: readonly Piece[];
  /** Flat ranges of each client. */
  readonly deleted: ReadonlyMap<number, readonly number[]>;
  /** False when a part was left out, because something before it is missing. */
  readonly whole: boolean;
  /** The update itself, where all of it was new: it can go on as it came. */
  readonly verbatim: boolean;
}

/**
 * What a room holds, without its document: for each client how many of its structs, contiguous from 0,
 * and which of them are deleted. It changes in place.
 */
export class RoomState {
  readonly clocks: Map<number, number>;
  readonly #deleted = new Map<number, ClockSet>();

  constructor(state?: DocumentState) {
    this.clocks = new Map(state?.clocks);
    for (const [client, ranges] of state?.deleted ?? []) {
      const held = this.#deletedOf(client);
      for (const { from, to } of ranges) held.add(from, to);
    }
  }

  /** Flat ranges of each client. */
  get deleted(): ReadonlyMap<number, readonly number[]> {
    return new Map([...this.#deleted].map(([client, { ranges }]) => [client, ranges]));
  }

  /**
   * Takes in what follows on the state. Yjs keeps a struct with a missing dependency in memory for ever
   * and says nothing, so such structs, and deletions of structs that are not here, are left out.
   */
  admit(update: ReadUpdate): AdmittedUpdate {
    const { pieces, whole } = new Admission(this.clocks, update.pieces).run();
    const deleted = this.#admitDeleted(update.deleted);
    return {
      pieces,
      deleted: deleted.fresh,
      whole: whole && deleted.whole,
      verbatim: update.complete && whole && deleted.verbatim,
    };
  }

  toDocumentState(): DocumentState {
    const deleted = new Map<number, ClockRange[]>();
    for (const [client, { ranges }] of this.#deleted) {
      const objects: ClockRange[] = [];
      for (let i = 0; i < ranges.length; i += 2) {
        objects.push({ from: ranges[i] as number, to: ranges[i + 1] as number });
      }
      deleted.set(client, objects);
    }
    return { clocks: this.clocks, deleted };
  }

  #admitDeleted(deleted: ReadUpdate['deleted']): AdmittedDeletions {
    if (deleted.size === 0) return { fresh: deleted, whole: true, verbatim: true };
    const fresh = new Map<number, number[]>();
    let whole = true;
    let verbatim = true;
    for (const [client, ranges] of deleted) {
      const reached = this.clocks.get(client) ?? 0;
      const sorted = ascending(ranges);
      const taken = upTo(reached, sorted);
      if (taken !== sorted) whole = false;
      const added: number[] = [];
      if (taken.length > 0) this.#deletedOf(client).addAll(taken, added);
      if (added.length > 0) fresh.set(client, added);
      if (!isSame(added, ranges)) verbatim = false;
    }
    return { fresh, whole, verbatim };
  }

  #deletedOf(client: number): ClockSet {
    const known = this.#deleted.get(client);
    if (known !== undefined) return known;
    const set = new ClockSet();
    this.#deleted.set(client, set);
    return set;
  }
}

interface AdmittedDeletions {
  readonly fresh: ReadonlyMap<number, readonly number[]>;
  readonly whole: boolean;
  readonly verbatim: boolean;
}

/** Ascending ranges as far as they lie below `clock`; the list itself where all do. */
function upTo(clock: number, ranges: readonly number[]): readonly number[] {
  if ((ranges.at(-1) ?? 0) <= clock) return ranges;
  const below: number[] = [];
  for (let i = 0; i < ranges.length && (ranges[i] as number) < clock; i += 2)
    below.push(ranges[i] as number, Math.min(ranges[i + 1] as number, clock));
  return below;
}

function isSame(a: readonly number[], b: readonly number[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Goes through the pieces of one update in an order in which each follows on what came before. */
class Admission {
  readonly #clocks: Map<number, number>;
  readonly #pieces: ReadUpdate['pieces'];
  readonly #next = new Map<number, number>();
  /** Clients whose next piece refers to something of this one. */
  readonly #waiting = new Map<number, number[]>();
  readonly #admitted: Piece[] = [];

  constructor(clocks: Map<number, number>, pieces: ReadUpdate['pieces']) {
    this.#clocks = clocks;
    this.#pieces = pieces;
  }

  run(): { readonly pieces: readonly Piece[]; readonly whole: boolean } {
    const runnable = [...this.#pieces.keys()];
    for (let client = runnable.pop(); client !== undefined; client = runnable.pop()) {
      if (!this.#advance(client)) continue;
      runnable.push(...(this.#waiting.get(client) ?? []));
      this.#waiting.delete(client);
    }
    let whole = true;
    for (const [client, pieces] of this.#pieces) {
      if ((this.#next.get(client) ?? 0) < pieces.length) whole = false;
    }
    return { pieces: this.#admitted, whole };
  }

  /** @returns whether any piece of the client was taken */
  #advance(client: number): boolean {
    const pieces = this.#pieces.get(client) as readonly Piece[];
    const from = this.#next.get(client) ?? 0;
    let at = from;
    for (; at < pieces.length; at++) {
      const piece = pieces[at] as Piece;
      if (piece.clock > (this.#clocks.get(client) ?? 0)) break;
      const missing = this.#missing(piece);
      if (missing !== undefined) {
        const waiting = this.#waiting.get(missing);
        if (waiting === undefined) this.#waiting.set(missing, [client]);
        else waiting.push(client);
        break;
      }
      this.#admitted.push(piece);
      this.#clocks.set(client, piece.end);
    }
    this.#next.set(client, at);
    return at > from;
  }

  /** The client of a struct that the piece refers to and that is not here yet. */
  #missing({ needs }: Piece): number | undefined {
    for (let i = 0; i < needs.length; i += 2) {
      const client = needs[i] as number;
      if ((this.#clocks.get(client) ?? 0) <= (needs[i + 1] as number)) return client;
    }
    return undefined;
  }
}
