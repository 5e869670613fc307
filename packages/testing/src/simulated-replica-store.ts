import type {
  Analyzer,
  NamedBy,
  PlaceBeside,
  PostingsQuery,
  RecordQuery,
  Reference,
  ReplicaStore,
  ReplicaStoreOpener,
  StoreBatch,
  StoreOpening,
  ThreadQuery,
  TopicPlace,
} from '@mnemesh/core';
import {
  type Guid,
  type MeshId,
  MnemeshError,
  type Namespace,
  type RecordId,
  type ReplicaId,
  type Runtime,
  toHex,
} from '@mnemesh/protocol';
import type { DiskSession } from './disk-session.js';
import { withoutRemoved } from './erased-changes.js';
import { encodeJournalFrame, Journal, type JournalEntry } from './journal.js';
import { JournalReader } from './journal-reader.js';
import { MemoryVectors } from './memory-vectors.js';
import {
  decodeReplicaChange,
  encodeReplicaChange,
  type ReplicaChange,
  ReplicaTables,
} from './replica-tables.js';
import type { DiskImage, SimulatedDisk } from './simulated-disk.js';

/** Commits written by one append and one flush, so that a torn batch may lose some and keep others. */
export const COMMITS_PER_FLUSH = 64;

export interface SimulatedStoreOptions {
  readonly disk: SimulatedDisk;
  readonly runtime: Pick<Runtime, 'randomBytes'>;
  /** Named to a second process that finds the store in use. */
  readonly process?: string;
}

/**
 * A replica store on a simulated disk: every commit is one checksummed frame of a journal, flushed
 * before it resolves; an opening reads the journal back. One file for each mesh.
 */
export function simulatedReplicaStore(options: SimulatedStoreOptions): ReplicaStoreOpener {
  const { disk, runtime, process = 'another process' } = options;
  return async (mesh, analyzer) => {
    const session = disk.open(process);
    try {
      return await openStore(session, mesh, runtime, analyzer);
    } catch (error) {
      await session.close();
      throw error instanceof MnemeshError ? error : storeFailed(error);
    }
  };
}

/** What a store on this image holds, read without opening it: nothing is written, no counter rises. */
export function readReplicaStore(image: DiskImage, mesh: MeshId): ReplicaTables {
  return replicaStoreReader(mesh)(image);
}

/** `readReplicaStore` for who looks at one growing store again and again; see `JournalReader`. */
export function replicaStoreReader(mesh: MeshId): (image: DiskImage) => ReplicaTables {
  const reader = new JournalReader(() => new ReplicaTables(), replay);
  return (image) => reader.read(image.get(fileOf(mesh)) ?? new Uint8Array(0));
}

/**
 * Makes one logged update of a closed store unreadable, as a failing disk would: the next opening
 * keeps it aside, reports its document and loads the rest.
 */
export function damageReplicaStore(
  image: DiskImage,
  mesh: MeshId,
  row: { readonly guid: Guid; readonly number: number },
): DiskImage {
  const file = fileOf(mesh);
  const bytes = image.get(file) ?? new Uint8Array(0);
  const frame = encodeJournalFrame(encodeReplicaChange({ kind: 'damaged', ...row }));
  const damaged = new Uint8Array(bytes.length + frame.length);
  damaged.set(bytes);
  damaged.set(frame, bytes.length);
  return new Map(image).set(file, damaged);
}

async function openStore(
  session: DiskSession,
  mesh: MeshId,
  runtime: Pick<Runtime, 'randomBytes'>,
  analyzer: Analyzer | undefined,
): Promise<ReplicaStore> {
  const file = fileOf(mesh);
  const taken = session.lock(file);
  if (taken !== undefined) {
    throw new MnemeshError('store_in_use', `${taken.holder} has this store open. Close it first.`);
  }
  const tables = new ReplicaTables();
  const journal = await Journal.open({
    session,
    file,
    groupEntries: COMMITS_PER_FLUSH,
    afterFailure: 'cut_back',
    replay: (payload) => replay(tables, payload),
  });
  const opened: StoreOpening = {
    replica: tables.opened?.replica ?? (toHex(runtime.randomBytes(16)) as ReplicaId),
    counter: (tables.opened?.counter ?? 0) + 1,
    nonce: toHex(runtime.randomBytes(16)),
  };
  await journal.append(new ChangeEntry({ kind: 'opened', opened }, tables));
  return new SimulatedReplicaStore(session, journal, tables, analyzer);
}

class SimulatedReplicaStore implements ReplicaStore {
  readonly #session: DiskSession;
  readonly #journal: Journal;
  readonly #tables: ReplicaTables;
  readonly #analyzer: Analyzer | undefined;
  readonly vectors = new MemoryVectors(() => this.#tables.slots());
  #closing: Promise<void> | undefined;

  constructor(
    session: DiskSession,
    journal: Journal,
    tables: ReplicaTables,
    analyzer: Analyzer | undefined,
  ) {
    this.#session = session;
    this.#journal = journal;
    this.#tables = tables;
    this.#analyzer = analyzer;
  }

  get opened(): StoreOpening {
    return this.#tables.opened as StoreOpening;
  }

  get damaged() {
    return this.#tables.damaged;
  }

  async documents() {
    return this.#open('documents').heads();
  }

  async document(guid: Guid) {
    return this.#open('document').document(guid);
  }

  async envelopes(namespace: Namespace, ids: readonly RecordId[]) {
    return this.#open('envelopes').envelopes(namespace, ids);
  }

  async envelopesOf(guid: Guid) {
    return this.#open('envelopesOf').envelopesOf(guid);
  }

  async record(namespace: Namespace, id: RecordId) {
    return this.#open('record').record(namespace, id);
  }

  async recordByRef(namespace: Namespace, ref: string) {
    return this.#open('recordByRef').recordByRef(namespace, ref);
  }

  async query(query: RecordQuery) {
    return this.#open('query').query(query);
  }

  async count(query: Omit<RecordQuery, 'limit' | 'before'>) {
    return this.#open('count').count(query);
  }

  async postings(query: PostingsQuery) {
    return this.#open('postings').postings(query, this.#analyzer);
  }

  async thread(query: ThreadQuery) {
    return this.#open('thread').thread(query);
  }

  async recordsBeside(places: readonly PlaceBeside[]) {
    return this.#open('recordsBeside').recordsBeside(places);
  }

  async recordsAt(slots: readonly number[]) {
    return this.#open('recordsAt').recordsAt(slots);
  }

  async namedBy(
    namespace: Namespace,
    kind: Reference['kind'],
    targets: readonly string[],
  ): Promise<readonly NamedBy[]> {
    return this.#open('namedBy').namedBy(namespace, kind, targets);
  }

  async contestedTopics({
    namespaces,
    after,
    limit,
  }: Parameters<ReplicaStore['contestedTopics']>[0]): Promise<readonly TopicPlace[]> {
    return this.#open('contestedTopics').contestedTopics(namespaces, after, limit);
  }

  async projections() {
    return this.#open('projections').projections();
  }

  async syncState() {
    return this.#open('syncState').syncState();
  }

  async commit(batch: StoreBatch): Promise<void> {
    await this.#journal.append(new ChangeEntry({ kind: 'batch', batch }, this.#open('commit')));
  }

  async erase(): Promise<void> {
    const tables = this.#open('erase');
    await this.#journal.rewrite((payloads) =>
      withoutRemoved(payloads.map(decodeReplicaChange), tables).map(encodeReplicaChange),
    );
  }

  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async #end(): Promise<void> {
    await this.#journal.close();
    await this.#session.close();
  }

  #open(call: string): ReplicaTables {
    this.#session.called(call);
    if (this.#closing !== undefined) {
      throw new MnemeshError('closed', 'This store is closed. Open it again.');
    }
    return this.#tables;
  }
}

/** One change on its way to the tables. What is applied is what the journal's frame says. */
class ChangeEntry implements JournalEntry {
  readonly #payload: Uint8Array;
  readonly #change: ReplicaChange;
  readonly #tables: ReplicaTables;

  constructor(change: ReplicaChange, tables: ReplicaTables) {
    this.#payload = encodeReplicaChange(change);
    this.#change = decodeReplicaChange(this.#payload);
    this.#tables = tables;
  }

  get deferred(): boolean {
    return this.#change.kind === 'batch' && this.#change.batch.deferred === true;
  }

  prepare(before: readonly JournalEntry[]): Uint8Array {
    if (this.#change.kind === 'batch') {
      const batches = before.flatMap((entry) =>
        entry instanceof ChangeEntry && entry.#change.kind === 'batch' ? [entry.#change.batch] : [],
      );
      this.#tables.check(this.#change.batch, batches);
    }
    return this.#payload;
  }

  apply(): void {
    this.#tables.apply(this.#change);
  }
}

function replay(tables: ReplicaTables, payload: Uint8Array): void {
  tables.apply(decodeReplicaChange(payload));
}

function fileOf(mesh: MeshId): string {
  return `${mesh}.journal`;
}

function storeFailed(cause: unknown): MnemeshError {
  const detail = cause instanceof Error ? cause.message : String(cause);
  return new MnemeshError('store_failed', `The store could not be opened: ${detail}`, { cause });
}
