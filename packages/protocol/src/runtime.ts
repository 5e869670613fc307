/** Everything a part takes from its surroundings besides disk and network. Injected, so that a simulation runs the shipped code. */
export interface Runtime {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Cryptographically strong where it matters: keys, nonces, ids. */
  randomBytes(count: number): Uint8Array;
  /** Runs `run` once after `ms`, unless canceled first. `run` must not throw. */
  after(ms: number, run: () => void): Cancel;
  readonly log: Log;
}

/** Idempotent. */
export type Cancel = () => void;

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export type Log = (
  level: LogLevel,
  message: string,
  details?: Readonly<Record<string, unknown>>,
) => void;

/** What a device tells of the room for what a replica keeps: the quota of a site, or a disk. */
export interface StorageRoom {
  /** Undefined where nobody tells. */
  estimate(): Promise<RoomEstimate | undefined>;
  /**
   * Asks the device, and in some browsers the person, not to delete what is kept when room is short.
   * @returns whether it promised; undefined where there is nobody to ask
   */
  keep(): Promise<boolean | undefined>;
}

export interface RoomEstimate {
  readonly usedBytes: number;
  /** All there is, what is used included. */
  readonly quotaBytes: number;
}

/** Ed25519 over 32-byte digests. Asynchronous because browsers only offer it so. */
export interface Signatures {
  /** @param seed the 32-byte secret */
  sign(seed: Uint8Array, digest: Uint8Array): Promise<Uint8Array>;
  /** False, never an error, for malformed keys and signatures. */
  verify(publicKey: Uint8Array, digest: Uint8Array, signature: Uint8Array): Promise<boolean>;
  /** The 32-byte public key of a seed. */
  publicKey(seed: Uint8Array): Promise<Uint8Array>;
}

/** A random number in [0, 1), for jitter. */
export function randomFraction(runtime: Runtime): number {
  const [a = 0, b = 0, c = 0] = runtime.randomBytes(3);
  return (a * 65536 + b * 256 + c) / 2 ** 24;
}
