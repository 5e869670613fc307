import type { Guid, MeshId } from '@mnemesh/protocol';

/** Which database of rows the bytes belong to. */
export interface StoreName {
  readonly prefix: string;
  readonly mesh: MeshId;
  /** Rises when the store is rewritten; see `Databases`. */
  readonly number: number;
  /** Of the opening; see `passFence`. */
  readonly generation: number;
}

/**
 * Another place for the bytes of documents: the database of rows then keeps, of each update and snapshot, its
 * number, size and checksum alone. What a row names is there before the row, and goes after it: a crash
 * between the two leaves bytes that no row names, never a row without its bytes.
 */
export interface DocumentPlace {
  /** Noted in the store, which is not opened with another. */
  readonly name: string;
  /** Opens nothing yet. */
  at(store: StoreName): DocumentBytes;
  /** Deletes all that lies there of a mesh, but for documents of one store. */
  tidy(store: Pick<StoreName, 'prefix' | 'mesh'>, tidying: Tidying): Promise<void>;
}

export interface Tidying {
  /** Absent: nothing is. */
  readonly kept?: { readonly number: number; readonly guids: ReadonlySet<Guid> } | undefined;
  /** Asked after the list of what is deleted was made: whoever took the store may have begun documents since. It throws then. */
  readonly mustHold: () => Promise<void>;
}

/** The bytes of one store's documents. Written to by one caller at a time; read at any time. */
export interface DocumentBytes {
  /**
   * Numbers of this opening are higher than this, and those of earlier ones are not: a page that was stopped and has
   * lost the store may still keep bytes here, which then are nobody's.
   */
  readonly from: number;
  /** Resolves when all of it is on the disk. @throws when any of it may not be, or the place lost what was there before */
  keep(documents: readonly KeptBytes[]): Promise<void>;
  /** What is not there is left out. */
  read(guid: Guid, wanted: WantedBytes): Promise<FoundBytes>;
  /**
   * What other programs added to a document, where they wrote its whole state, which they do before they delete
   * what led to it; undefined where they did not.
   */
  foreignState(guid: Guid): Promise<ForeignState | undefined>;
  /** What other programs added to a document, under numbers that stand in nobody's way. */
  setForeignAside(guid: Guid): Promise<readonly NumberedBytes[]>;
  /** What is missing of these is known: they go on with what is there. */
  accept(guids: readonly Guid[]): Promise<void>;
  /** Deletes what no row names any more. */
  drop(documents: readonly DroppedBytes[]): Promise<void>;
  /** Waits for what is under way. Idempotent. */
  close(): Promise<void>;
}

export interface KeptBytes {
  readonly guid: Guid;
  /** The highest number that a row names, or named: what a mesh kept under a higher one is no part of the document. Absent in a copy. */
  readonly named?: number;
  /** V1. */
  readonly updates: readonly NumberedBytes[];
  /** What other programs added, under the numbers at which `setForeignAside` found it. */
  readonly foreign?: readonly NumberedBytes[];
  /** V2, under a number of its own. */
  readonly snapshot?: NumberedBytes;
}

export interface NumberedBytes {
  readonly number: number;
  readonly bytes: Uint8Array;
}

export interface WantedBytes {
  readonly updates: readonly number[];
  readonly snapshot?: number | undefined;
}

export interface FoundBytes {
  readonly updates: ReadonlyMap<number, Uint8Array>;
  readonly snapshot: Uint8Array | undefined;
  /** Another program added to the document. */
  readonly hasForeign: boolean;
}

export interface ForeignState {
  /** The state, and what was added since. */
  readonly updates: readonly Uint8Array[];
  /** Whoever wrote it had read all that was there, and deleted nothing else. */
  readonly isProven: boolean;
}

/** All of it, or updates up to a number and single ones. */
export type DroppedBytes =
  | { readonly guid: Guid; readonly all: true }
  | {
      readonly guid: Guid;
      readonly through: number;
      readonly numbers: readonly number[];
      /** The document's snapshot: none with a lower number is named any more, nor ever will be. */
      readonly snapshot?: number;
    };
