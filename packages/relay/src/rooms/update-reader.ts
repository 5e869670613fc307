import { ByteReader } from './byte-reader.js';

/**
 * A run of structs of one client without a hole, cut where a struct refers to something that was not
 * held when the update was read. Structs that are wholly held are left out of it.
 */
export interface Piece {
  readonly client: number;
  readonly clock: number;
  /** The clock after the last struct. */
  readonly end: number;
  readonly count: number;
  /** The structs as encoded, a view into the update. */
  readonly bytes: Uint8Array;
  /** What the first struct refers to and was not held: client, clock, client, clock, … */
  readonly needs: readonly number[];
}

/** One V1 update, read but not decoded. */
export interface ReadUpdate {
  /** Of each client, ascending by clock. */
  readonly pieces: ReadonlyMap<number, readonly Piece[]>;
  /** Flat ranges of each client, in the order they came. */
  readonly deleted: ReadonlyMap<number, readonly number[]>;
  /** True when no struct was left out, because it was held or is the mark of a hole. */
  readonly complete: boolean;
}

/** Pieces of one update: those of two clients who wrote by turns, some million structs. Bounds what reading costs in memory. */
const PIECES = 1_000_000;

const GC = 0;
const SKIP = 10;
/** Bits of a struct's first byte, beside its kind. */
const KIND = 0b0001_1111;
const HAS_PARENT_SUB = 0b0010_0000;
const HAS_RIGHT_ORIGIN = 0b0100_0000;
const HAS_ORIGIN = 0b1000_0000;

/**
 * Reads a V1 update against the clocks that are held already.
 * @throws RangeError when a Yjs client could not decode it, or when no Yjs document could have made it
 */
export function readUpdateBeyond(
  update: Uint8Array,
  held: ReadonlyMap<number, number>,
): ReadUpdate {
  return new UpdateReader(update, held).read();
}

class UpdateReader {
  readonly #in: ByteReader;
  readonly #held: ReadonlyMap<number, number>;
  readonly #pieces = new Map<number, Piece[]>();
  readonly #deleted = new Map<number, number[]>();
  #pieceCount = 0;
  #complete = true;
  /** What the struct just read refers to and is not held. */
  #needs: number[] = noNeeds;

  constructor(update: Uint8Array, held: ReadonlyMap<number, number>) {
    this.#in = new ByteReader(update);
    this.#held = held;
  }

  read(): ReadUpdate {
    for (let n = this.#in.count(); n > 0; n--) this.#readClient();
    for (let n = this.#in.count(); n > 0; n--) this.#readDeleted();
    return { pieces: this.#pieces, deleted: this.#deleted, complete: this.#complete };
  }

  #readClient(): void {
    const input = this.#in;
    const structs = input.count();
    const client = input.uint();
    let clock = input.uint();
    // Yjs keeps the last section of a client and silently drops the others.
    if (this.#pieces.has(client)) throw new RangeError('a client has two sections');
    const pieces: Piece[] = [];
    this.#pieces.set(client, pieces);
    const held = this.#held.get(client) ?? 0;
    let from = input.pos;
    let first = clock;
    let count = 0;
    let needs: readonly number[] = noNeeds;
    const cut = (to: number): void => {
      if (count > 0) {
        if (++this.#pieceCount > PIECES) throw new RangeError('an update of too many pieces');
        const bytes = input.bytes.subarray(from, to);
        pieces.push({ client, clock: first, end: clock, count, bytes, needs });
      }
      count = 0;
      needs = noNeeds;
    };
    for (let i = 0; i < structs; i++) {
      const start = input.pos;
      const info = input.byte();
      const kind = info & KIND;
      if (kind !== GC && kind !== SKIP) this.#readReferences(info, client, clock);
      const length = this.#readContent(kind);
      const end = clock + length;
      if (length === 0 || end > Number.MAX_SAFE_INTEGER) throw new RangeError('clock out of range');
      if (kind === SKIP || end <= held) {
        this.#complete = false;
        cut(start);
      } else {
        if (kind <= 1) this.#delete(client, clock, end);
        if (this.#needs.length > 0) cut(start);
        if (count === 0) {
          from = start;
          first = clock;
          needs = this.#needs;
        }
        count++;
      }
      this.#needs = noNeeds;
      clock = end;
    }
    cut(input.pos);
  }

  #readReferences(info: number, client: number, clock: number): void {
    const input = this.#in;
    if (info & HAS_ORIGIN) this.#readId(client, clock);
    if (info & HAS_RIGHT_ORIGIN) this.#readId(client, clock);
    if (info & (HAS_ORIGIN | HAS_RIGHT_ORIGIN)) return;
    if (input.uint() === 1) input.text();
    else this.#readId(client, clock);
    if (info & HAS_PARENT_SUB) input.text();
  }

  #readId(client: number, clock: number): void {
    const of = this.#in.uint();
    const at = this.#in.uint();
    if (of === client) {
      // Yjs would throw in mid-transaction.
      if (at >= clock) throw new RangeError('an item refers to itself or to a later one');
    } else if ((this.#held.get(of) ?? 0) <= at) {
      if (this.#needs.length === 0) this.#needs = [];
      this.#needs.push(of, at);
    }
  }

  /** @returns the struct's length in clocks */
  #readContent(kind: number): number {
    const input = this.#in;
    switch (kind) {
      case GC:
      case SKIP:
      case 1: // deleted
        return input.uint();
      case 2: {
        const count = input.count();
        for (let n = count; n > 0; n--) input.json(true);
        return count;
      }
      case 3: // binary
        input.skipBlob();
        return 1;
      case 4:
        return input.measuredText();
      case 5: // embed
        input.json();
        return 1;
      case 6: // format
        input.text();
        input.json();
        return 1;
      case 7: {
        const type = input.uint();
        if (type > 6) throw new RangeError('no such type');
        if (type === 3 || type === 5) input.text();
        return 1;
      }
      case 8: {
        const count = input.count();
        for (let n = count; n > 0; n--) input.any();
        return count;
      }
      case 9: // subdocument
        input.text();
        input.any();
        return 1;
      default:
        throw new RangeError(`no struct of kind ${kind}`);
    }
  }

  #readDeleted(): void {
    const input = this.#in;
    const client = input.uint();
    for (let n = input.count(); n > 0; n--) {
      const from = input.uint();
      const length = input.uint();
      if (length > 0) this.#delete(client, from, from + length);
    }
  }

  #delete(client: number, from: number, to: number): void {
    if (to > Number.MAX_SAFE_INTEGER) throw new RangeError('clock out of range');
    const ranges = this.#deleted.get(client);
    if (ranges === undefined) this.#deleted.set(client, [from, to]);
    else if (ranges[ranges.length - 1] === from) ranges[ranges.length - 1] = to;
    else ranges.push(from, to);
  }
}

const noNeeds: number[] = [];
