import type { BenchRecord } from '../data/records.js';

/** One agent's end of a subject, as its users would write it: it opens documents, connects once, and writes. */
export interface Client {
  /** A document to read and write at once, connected or not. */
  open(name: string): Promise<ClientDocument>;
  /** Goes online with everything opened; resolves when the subject itself says that all are synced. */
  connect(): Promise<void>;
  /** Sockets it holds open. */
  readonly sockets: number;
  /** Stops reading from its socket, as a client would that hangs. */
  stopReading(): void;
  /** Takes in what waited, or learns that it was cut off. */
  readAgain(): void;
  close(): Promise<void>;
}

/** What a scenario sees of a document, whatever the subject makes of it. */
export interface ClientDocument {
  /** Writes a record that was not there before. */
  add(record: BenchRecord): void;
  /** Writes many as one change, where the subject can. */
  addAll(records: readonly BenchRecord[]): void;
  /** Where each write can be followed: writes, and tells when it is durable here and on the server. */
  readonly follow?: (record: BenchRecord) => FollowedWrite;
  /** Writes the value of a key, over the former one. */
  set(key: string, value: string): void;
  get(key: string): string | undefined;
  /** Records and keys that it shows. */
  readonly size: number;
  /** Calls `listener` when what it shows has changed. Returns a function that ends it. */
  onChange(listener: () => void): () => void;
  /** Everything it holds, read anew. */
  contents(): Promise<ReadonlyMap<string, string>>;
  /** Where the protocol acknowledges: resolves when the server has acknowledged all that was written. */
  readonly acked?: () => Promise<void>;
  /** Resolves when the subject itself says that this document is synced. */
  synced(): Promise<void>;
  /** Leaves the document; the client stays. */
  close(): Promise<void>;
}

export interface FollowedWrite {
  readonly saved: Promise<unknown>;
  readonly acked: Promise<void>;
}

export type ClientKind = 'y-websocket' | 'hocuspocus' | 'automerge' | 'mesh';

export interface ClientPlace {
  readonly url: string;
  /** For what a client keeps on disk. */
  readonly directory: string;
  readonly name: string;
}
