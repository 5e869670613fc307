import { decodeState } from '@mnemesh/segment';
import type { Room } from './room.js';
import { type RoomFolder, structsBeyond } from './room-folder.js';
import type { RoomLimits } from './room-limits.js';
import type { RoomBase, RoomLog } from './room-log.js';
import {
  type OutgoingMessage,
  step2Message,
  storedUpdateMessage,
  updateMessage,
} from './room-messages.js';
import { UpdateMerge } from './update-merge.js';
import { readUpdateBeyond } from './update-reader.js';

export interface Answering {
  readonly log: RoomLog;
  readonly folder: RoomFolder;
  readonly limits: RoomLimits;
}

type Vector = ReadonlyMap<number, number>;

/**
 * What a client that holds `vector` lacks: its base first, as it lies if the client is fresh, then the
 * rows, as the step 2 on which the client counts as synced. The client must be among the room's
 * followers already: what is taken in while the store is read reaches it by the room's own messages.
 */
export async function answer(
  room: Room,
  vector: Vector,
  answering: Answering,
): Promise<readonly OutgoingMessage[]> {
  if (vector.size > 0 && covers(vector, room.state.clocks))
    return restBeyond(vector, [], room.state.deleted);
  // Before the read: what is committed meanwhile may be in neither.
  const unstored = room.unstored();
  const stored = room.stored ? await answering.log.read(room.name) : undefined;
  const rows = stored?.rows.map(({ update }) => update) ?? [];
  const base = stored?.base;
  const newer = [...rows, ...unstored];
  const messages = restBeyond(vector, newer, room.state.deleted);
  if (base === undefined || covers(vector, clocksOf(room, base))) return messages;
  const update = await lackingOfBase(room, base, vector, answering);
  if (vector.size === 0 && newer.length === 0) return [storedUpdateMessage(update, 'step2')];
  return [storedUpdateMessage(update, 'update'), ...messages];
}

/**
 * Structs beyond the vector, and deletions: those of the updates for a fresh client, all for another.
 * @param deleted all that is deleted, as flat ranges of each client
 */
export function restBeyond(
  vector: Vector,
  updates: readonly Uint8Array[],
  deleted: ReadonlyMap<number, readonly number[]>,
): readonly OutgoingMessage[] {
  const fresh = vector.size === 0;
  const clocks = new Map(vector);
  const merges = [new UpdateMerge()];
  const add = (update: Parameters<UpdateMerge['add']>[0]): void => {
    if (merges.at(-1)?.add(update)) return;
    const merge = new UpdateMerge();
    merge.add(update);
    merges.push(merge);
  };
  for (const update of updates) {
    const read = readUpdateBeyond(update, clocks);
    const pieces = [...read.pieces.values()].flat();
    for (const { client, end } of pieces) clocks.set(client, end);
    add({ pieces, deleted: fresh ? read.deleted : new Map() });
  }
  // A state vector says nothing of deletions, so a client that held something is sent all of them.
  if (!fresh) add({ pieces: [], deleted });
  const last = merges.pop() as UpdateMerge;
  return [...merges.map(updateMessage), step2Message(last)];
}

async function lackingOfBase(
  room: Room,
  base: RoomBase,
  vector: Vector,
  { log, folder, limits }: Answering,
): Promise<Uint8Array> {
  const update = await baseOf(room, base.through, log);
  return vector.size === 0 ? update : lackingOf(update, vector, folder, limits);
}

/** What a client with these clocks lacks of a base. */
export async function lackingOf(
  update: Uint8Array,
  vector: Vector,
  folder: RoomFolder,
  { inlineDiffBytes }: Pick<RoomLimits, 'inlineDiffBytes'>,
): Promise<Uint8Array> {
  if (update.length <= inlineDiffBytes) return structsBeyond(update, vector);
  try {
    return await folder.structsBeyond(update, vector);
  } catch {
    // The worker has too much to do, or died: the whole base is more than is needed, and right.
    return update;
  }
}

/** The base's bytes, shared among those they go out to at the same time. */
async function baseOf(room: Room, through: number, log: RoomLog): Promise<Uint8Array> {
  const shared = room.sharedBase;
  const held =
    shared !== undefined && shared.through >= through ? shared.update.deref() : undefined;
  if (held !== undefined) return held;
  const base = await log.base(room.name);
  if (base === undefined) throw new Error(`the base of room "${room.name}" is gone`);
  room.sharedBase = { through: base.through, update: new WeakRef(base.update) };
  return base.update;
}

function clocksOf(room: Room, base: RoomBase): Vector {
  return room.base.through === base.through ? room.base.clocks : decodeState(base.state).clocks;
}

export function covers(vector: Vector, clocks: Vector): boolean {
  for (const [client, clock] of clocks) if ((vector.get(client) ?? 0) < clock) return false;
  return true;
}
