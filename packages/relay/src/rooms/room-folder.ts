import { type DocumentState, encodeState, stateCovers } from '@mnemesh/segment';
import * as Y from 'yjs';
import { RoomState } from './room-state.js';
import { UpdateMerge } from './update-merge.js';
import { readUpdateBeyond } from './update-reader.js';

/** What a fold makes of a room's base and rows. */
export interface FoldedRoom {
  /** V1 update with the whole of the input, deleted content collected. */
  readonly update: Uint8Array;
  /** `encodeState` of it. */
  readonly state: Uint8Array;
}

/** The folding port. It goes through whole documents, so in a server it works off the event loop. */
export interface RoomFolder {
  /**
   * @param updates the base, if there is one, and rows after it, in order
   * @throws Error when they cannot be folded without loss
   */
  fold(updates: readonly Uint8Array[]): Promise<FoldedRoom>;
  /** What a client with these clocks lacks of the structs of an update; deletions are left out. */
  structsBeyond(update: Uint8Array, vector: ReadonlyMap<number, number>): Promise<Uint8Array>;
}

/** Folds on the caller's own turn: for tests, and inside a worker. */
export const inlineRoomFolder: RoomFolder = {
  fold: async (updates) => fold(updates),
  structsBeyond: async (update, vector) => structsBeyond(update, vector),
};

function fold(updates: readonly Uint8Array[]): FoldedRoom {
  const expected = new RoomState();
  for (const update of updates) expected.admit(readUpdateBeyond(update, expected.clocks));
  const folded = collect(updates);
  const state = new RoomState();
  const { whole } = state.admit(readUpdateBeyond(folded, state.clocks));
  const [found, sought] = [state.toDocumentState(), expected.toDocumentState()];
  // It may hold more deletions: of values that were set at the same time, Yjs deletes all but one.
  if (!whole || !stateCovers(found, sought) || !clocksCover(sought, found)) {
    throw new Error('the room does not fold to the state its updates lead to');
  }
  return { update: folded, state: encodeState(found) };
}

function clocksCover(a: DocumentState, b: DocumentState): boolean {
  for (const [client, clock] of b.clocks) if ((a.clocks.get(client) ?? 0) < clock) return false;
  return true;
}

function collect(updates: readonly Uint8Array[]): Uint8Array {
  const document = new Y.Doc();
  try {
    document.transact(() => {
      for (const update of updates) Y.applyUpdate(document, update);
    });
    return Y.encodeStateAsUpdate(document);
  } finally {
    document.destroy();
  }
}

export function structsBeyond(update: Uint8Array, vector: ReadonlyMap<number, number>): Uint8Array {
  const merge = new UpdateMerge();
  const { pieces } = readUpdateBeyond(update, vector);
  if (!merge.add({ pieces: [...pieces.values()].flat(), deleted: new Map() })) return update;
  return merge.encode();
}
