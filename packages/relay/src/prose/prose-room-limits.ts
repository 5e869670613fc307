import { type RoomLimits, roomLimits } from '../rooms/room-limits.js';

const MIB = 1024 * 1024;

/** Every bound of plain clients in prose documents, by the names of the plain rooms' own. */
export const proseRoomLimits: RoomLimits = {
  ...roomLimits,
  links: 1_000,
  /** Each costs a mesh's replicas as much as a replica that writes. */
  roomLinks: 200,
  /** Documents with plain clients; the state of each stays in memory. */
  rooms: 1_000,
  /** Bytes of a document's base and rows, above which a plain client adds nothing: what a replica refuses to store, too. */
  roomBytes: 16 * MIB,
  /** The longest text that a replica takes, with every character of three bytes, and as much again for formats. */
  messageBytes: 8 * MIB,
  earlyBytes: 8 * MIB,
};
