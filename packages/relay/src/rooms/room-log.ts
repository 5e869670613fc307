/**
 * The room-log port: what plain rooms have stored, by name.
 *
 * Promises every adapter keeps, and the acceptance suite checks:
 * - `append` and `putBase` are atomic, and durable when they resolve. Calls take effect in the order they are made.
 * - One that rejects has taken effect wholly or not at all.
 * - Reads see every call that has resolved. Bytes read back are the bytes written; damage rejects with
 *   `store_failed` rather than being passed over.
 * - Nothing is created before the first write.
 * - At most one open log on one place; a second one rejects with `store_in_use` and changes nothing.
 */
export interface RoomLog {
  /** Everything of a room but the body of its base. */
  read(room: string): Promise<StoredRoom | undefined>;
  /** The body of the base, and the number it covers. */
  base(room: string): Promise<RoomBaseBody | undefined>;
  /** Commits rows of any rooms. A room's numbers rise. */
  append(rows: readonly RoomRow[]): Promise<void>;
  /** Replaces the room's base, and deletes the rows it covers. */
  putBase(room: string, base: NewRoomBase): Promise<void>;
  /** Names of all rooms, in no particular order. */
  rooms(): Promise<readonly string[]>;
  /** Idempotent. Later calls reject with `closed`. */
  close(): Promise<void>;
}

export interface StoredRoom {
  readonly base: RoomBase | undefined;
  /** Rows beyond the base, ascending. */
  readonly rows: readonly StoredRow[];
}

export interface StoredRow {
  readonly number: number;
  /** V1. */
  readonly update: Uint8Array;
}

export interface RoomBase {
  /** Number of the last row that it covers. */
  readonly through: number;
  /** Of its body. */
  readonly bytes: number;
  /** `encodeState` of what it holds. */
  readonly state: Uint8Array;
}

export interface RoomBaseBody {
  readonly through: number;
  /** V1 update with everything up to `through`. */
  readonly update: Uint8Array;
}

export interface NewRoomBase extends RoomBaseBody {
  readonly state: Uint8Array;
}

export interface RoomRow {
  readonly room: string;
  readonly number: number;
  readonly update: Uint8Array;
}
