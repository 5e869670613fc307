/** Every bound of the plain rooms, with its unit and its reason. A test or an operator may lower or raise each. */
export interface RoomLimits {
  /** Links of all rooms together; each costs a socket and some kilobytes. */
  readonly links: number;
  /** Links of one room; every update is forwarded to all of them. */
  readonly roomLinks: number;
  /** Rooms loaded at a time; one without links is not loaded. */
  readonly rooms: number;
  /** Bytes of a room's name, as it stands in the URL. It is a key of the store. */
  readonly nameBytes: number;
  /** Bytes of one room's base and rows. Its base travels as one message, and is folded as a whole. */
  readonly roomBytes: number;
  /** Bytes of one message of a client; its whole document may come as one. */
  readonly messageBytes: number;
  /** Clients that a state vector may name: a map of them is made before anything is known of the room. */
  readonly vectorClients: number;
  /** Bytes of one link's messages that wait while its room is loaded. */
  readonly earlyBytes: number;
  /**
   * Milliseconds from the forwarding of an update to the beginning of the commit that holds it. Clients of
   * these rooms are told nothing of durability, so the wait costs nobody anything; a crash of the
   * machine loses what was forwarded within it and one flush of the disk, where no client is left that
   * holds it.
   */
  readonly commitDelayMs: number;
  /** Bytes of all rooms together at which a commit begins without waiting. */
  readonly commitBytes: number;
  /** Milliseconds after a refused commit in which nobody joins, or clients would come back at once. */
  readonly refusedMs: number;
  /** Bytes of rows at which a room is folded, if they also outweigh half its base. */
  readonly foldBytes: number;
  /** Rows at which a room is folded, if they are worth an eighth of its base. */
  readonly foldRows: number;
  /** Rows at which a room is folded whatever they weigh: a fresh client is sent all of them. */
  readonly foldRowsAtMost: number;
  /**
   * Bytes of rows at which a room is folded before a fresh client gets it, if they also outweigh half its
   * base: the client waits for one fold, and is not sent what nobody can see any more.
   */
  readonly joinFoldBytes: number;
  /** Rooms that may wait for folding ahead of a fresh client's; it gets the rows else. */
  readonly joinFoldsAhead: number;
  /** Rows and bytes of rows that a room may keep when its last link goes; beyond, it is folded. */
  readonly restRows: number;
  readonly restBytes: number;
  /** Bytes of one room's rows at which its links are not read further until it is folded. */
  readonly rowBytesAtMost: number;
  /** Rooms that wait for folding; more are found again by their next commit, or when they are left. */
  readonly foldsWaiting: number;
  /** Pages of the store given back to the disk after a fold, at most; bounds one turn of the event loop. */
  readonly freedPages: number;
  /** Bytes of a base up to which what a client lacks of it is sought on the event loop. */
  readonly inlineDiffBytes: number;
  /**
   * Milliseconds between two messages of a room, for each of its links, and at most. Rooms of a few never
   * wait; in a busy room of fifty nobody notices 5 ms, and everybody decodes a fraction of the messages.
   */
  readonly pauseMsPerLink: number;
  readonly pauseMsAtMost: number;
  /** Bytes unsent on a link at which its client counts as too slow: it is cut off, and comes back by state. */
  readonly slowReaderBytes: number;
  /** Presence states of one room, those of clients that left included. */
  readonly presenceStates: number;
  /** Bytes of one presence state, and of all of one room. */
  readonly presenceBytes: number;
  readonly roomPresenceBytes: number;
  /** Milliseconds between looks at all links. */
  readonly sweepMs: number;
  /** Looks without a message sent after which an empty one is: the stock client gives up after 30 s. */
  readonly quietSweeps: number;
  /** Looks without anything received after which a ping is sent, and after which the link is cut off. */
  readonly pingSweeps: number;
  readonly silentSweeps: number;
}

const KIB = 1024;
const MIB = 1024 * KIB;

export const roomLimits: RoomLimits = {
  links: 10_000,
  roomLinks: 2_000,
  rooms: 10_000,
  nameBytes: KIB,
  roomBytes: 64 * MIB,
  messageBytes: 64 * MIB,
  vectorClients: 100_000,
  earlyBytes: 64 * MIB,
  commitDelayMs: 50,
  commitBytes: 4 * MIB,
  refusedMs: 2_000,
  foldBytes: 4 * MIB,
  foldRows: 512,
  foldRowsAtMost: 4_096,
  joinFoldBytes: 64 * KIB,
  joinFoldsAhead: 4,
  restRows: 16,
  restBytes: 16 * KIB,
  rowBytesAtMost: 16 * MIB,
  foldsWaiting: 10_000,
  freedPages: 4_096,
  inlineDiffBytes: 256 * KIB,
  pauseMsPerLink: 0.1,
  pauseMsAtMost: 20,
  slowReaderBytes: 8 * MIB,
  presenceStates: 4_096,
  presenceBytes: 64 * KIB,
  roomPresenceBytes: 4 * MIB,
  sweepMs: 5_000,
  quietSweeps: 2,
  pingSweeps: 6,
  silentSweeps: 12,
};
