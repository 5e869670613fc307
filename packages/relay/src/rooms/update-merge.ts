import type { AdmittedUpdate } from './room-state.js';
import type { Piece } from './update-reader.js';

interface MergedClient {
  readonly clock: number;
  end: number;
  count: number;
  readonly parts: Uint8Array[];
}

/** Bytes of the longest varuint. */
const VARINT_BYTES = 8;

/**
 * Several updates as one, put together from the bytes of their structs, which are neither decoded nor
 * encoded again. What was added stays alive until the merge is dropped.
 */
export class UpdateMerge {
  readonly #clients = new Map<number, MergedClient>();
  readonly #deleted = new Map<number, number[]>();
  #bytes = 0;
  #ranges = 0;

  /** About its encoded length. */
  get bytes(): number {
    return this.#bytes;
  }

  get empty(): boolean {
    return this.#clients.size === 0 && this.#deleted.size === 0;
  }

  /** Adds an update, unless it overlaps with what is merged: then nothing is added. @returns whether it was */
  add({ pieces, deleted }: Pick<AdmittedUpdate, 'pieces' | 'deleted'>): boolean {
    if (!this.#fits(pieces)) return false;
    for (const piece of pieces) this.#addPiece(piece);
    for (const [client, ranges] of deleted) this.#addDeleted(client, ranges);
    return true;
  }

  /** A V1 update. @param headroom bytes left free before it */
  encode(headroom = 0): Buffer {
    // Enough for every varint at its longest; what is too much is cut off.
    const most = this.#bytes + (2 + this.#clients.size * 3 + this.#deleted.size * 2) * VARINT_BYTES;
    const out = new UpdateWriter(headroom + most + this.#ranges * 2 * VARINT_BYTES, headroom);
    out.uint(this.#clients.size);
    // Readers that do not apply updates expect the higher clients first.
    for (const client of descending(this.#clients)) {
      const { count, clock, parts } = this.#clients.get(client) as MergedClient;
      out.uint(count);
      out.uint(client);
      out.uint(clock);
      for (const part of parts) out.put(part);
    }
    out.uint(this.#deleted.size);
    for (const client of descending(this.#deleted)) {
      const ranges = this.#deleted.get(client) as number[];
      out.uint(client);
      out.uint(ranges.length / 2);
      for (let i = 0; i < ranges.length; i += 2) {
        out.uint(ranges[i] as number);
        out.uint((ranges[i + 1] as number) - (ranges[i] as number));
      }
    }
    return out.written();
  }

  /** Pieces of one client must follow each other without a hole or an overlap. */
  #fits(pieces: readonly Piece[]): boolean {
    if (pieces.length === 1) {
      const { client, clock } = pieces[0] as Piece;
      return (this.#clients.get(client)?.end ?? clock) === clock;
    }
    const ends = new Map<number, number>();
    for (const { client, clock, end } of pieces) {
      if ((ends.get(client) ?? this.#clients.get(client)?.end ?? clock) !== clock) return false;
      ends.set(client, end);
    }
    return true;
  }

  #addPiece({ client, clock, end, count, bytes }: Piece): void {
    this.#bytes += bytes.length;
    const merged = this.#clients.get(client);
    if (merged === undefined) {
      this.#clients.set(client, { clock, end, count, parts: [bytes] });
      return;
    }
    merged.end = end;
    merged.count += count;
    merged.parts.push(bytes);
  }

  #addDeleted(client: number, ranges: readonly number[]): void {
    this.#ranges += ranges.length / 2;
    this.#bytes += ranges.length * 3;
    const merged = this.#deleted.get(client);
    if (merged === undefined) {
      this.#deleted.set(client, [...ranges]);
      return;
    }
    for (let i = 0; i < ranges.length; i += 2) {
      const last = merged.length - 1;
      if (merged[last] === ranges[i]) merged[last] = ranges[i + 1] as number;
      else merged.push(ranges[i] as number, ranges[i + 1] as number);
    }
  }
}

function descending(clients: ReadonlyMap<number, unknown>): readonly number[] {
  return clients.size < 2 ? [...clients.keys()] : [...clients.keys()].sort((a, b) => b - a);
}

class UpdateWriter {
  readonly #bytes: Buffer;
  #at: number;

  constructor(most: number, from: number) {
    this.#bytes = Buffer.allocUnsafe(most);
    this.#at = from;
  }

  uint(value: number): void {
    let rest = value;
    while (rest > 127) {
      this.#bytes[this.#at++] = 128 | (rest % 128);
      rest = Math.floor(rest / 128);
    }
    this.#bytes[this.#at++] = rest;
  }

  put(bytes: Uint8Array): void {
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  written(): Buffer {
    return this.#bytes.subarray(0, this.#at);
  }
}
