import {
  type End,
  type Guid,
  type Incarnation,
  type MeshId,
  MnemeshError,
  type ReplicaId,
  type Runtime,
  toHex,
} from '@mnemesh/protocol';
import type {
  AppendedNumbers,
  AppendGroup,
  ClaimedTask,
  DocumentBase,
  GrantedClaim,
  MeshLog,
  ReplicaOpening,
  UpdateLog,
} from '@mnemesh/relay';
import type { DiskSession } from './disk-session.js';
import { withoutDropped } from './erased-changes.js';
import { Journal } from './journal.js';
import { JournalReader } from './journal-reader.js';
import {
  decodeMeshLogChange,
  encodeMeshLogChange,
  type MeshLogChange,
  MeshLogTables,
} from './mesh-log-tables.js';
import type { DiskImage, SimulatedDisk } from './simulated-disk.js';

const LOCK = 'relay.lock';
const SUFFIX = '.relay';

export interface SimulatedUpdateLogOptions {
  readonly disk: SimulatedDisk;
  readonly runtime: Pick<Runtime, 'randomBytes'>;
  /** Named to a second process that finds the log in use. */
  readonly process?: string;
}

/**
 * Opens, or creates, a relay's update log on a simulated disk. Every call that writes is one
 * checksummed frame of its mesh's journal, flushed before it resolves.
 * @throws MnemeshError `store_in_use`
 */
export async function openSimulatedUpdateLog(
  options: SimulatedUpdateLogOptions,
): Promise<UpdateLog> {
  const { disk, runtime, process = 'another process' } = options;
  const session = disk.open(process);
  const taken = session.lock(LOCK);
  if (taken !== undefined) {
    await session.close();
    throw new MnemeshError('store_in_use', `${taken.holder} has this log open. Close it first.`);
  }
  return new SimulatedUpdateLog(session, toHex(runtime.randomBytes(16)) as Incarnation);
}

/** What a log on this image holds of a mesh, read without opening it: no incarnation begins. */
export function readUpdateLog(image: DiskImage, mesh: MeshId): MeshLogTables {
  return updateLogReader(mesh)(image);
}

/** `readUpdateLog` for who looks at one growing log again and again; see `JournalReader`. */
export function updateLogReader(mesh: MeshId): (image: DiskImage) => MeshLogTables {
  const reader = new JournalReader(() => new MeshLogTables(), replay);
  return (image) => reader.read(image.get(mesh + SUFFIX) ?? new Uint8Array(0));
}

class SimulatedUpdateLog implements UpdateLog {
  readonly incarnation: Incarnation;
  readonly #session: DiskSession;
  readonly #opened = new Map<MeshId, Promise<SimulatedMeshLog>>();
  #closing: Promise<void> | undefined;

  constructor(session: DiskSession, incarnation: Incarnation) {
    this.#session = session;
    this.incarnation = incarnation;
  }

  async mesh(mesh: MeshId): Promise<MeshLog> {
    this.#checkOpen();
    const before = this.#opened.get(mesh);
    const opening = this.#openMesh(mesh, before);
    this.#opened.set(mesh, opening);
    return opening;
  }

  async holds(mesh: MeshId): Promise<boolean> {
    this.#checkOpen();
    const bytes = await this.#session.read(mesh + SUFFIX);
    return bytes !== undefined && readUpdateLog(new Map([[mesh + SUFFIX, bytes]]), mesh).head > 0;
  }

  async meshes(): Promise<readonly MeshId[]> {
    this.#checkOpen();
    const names = this.#session
      .files()
      .filter((file) => file.endsWith(SUFFIX))
      .map((file) => file.slice(0, -SUFFIX.length) as MeshId);
    const held: MeshId[] = [];
    for (const name of names) if (await this.holds(name)) held.push(name);
    return held;
  }

  /** Of the meshes that were opened. One that failed is read anew by its next opening, and erased then. */
  async erase(): Promise<void> {
    this.#checkOpen();
    for (const opening of this.#opened.values()) {
      const log = await opening.catch(() => undefined);
      if (log !== undefined && !log.failed) await log.erase();
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async #end(): Promise<void> {
    for (const opening of this.#opened.values()) {
      const log = await opening.catch(() => undefined);
      await log?.close();
    }
    await this.#session.close();
  }

  async #openMesh(
    mesh: MeshId,
    before: Promise<SimulatedMeshLog> | undefined,
  ): Promise<SimulatedMeshLog> {
    const known = await before?.catch(() => undefined);
    if (known !== undefined && !known.failed) return known;
    await known?.close();
    try {
      return await SimulatedMeshLog.open(this.#session, mesh, this.incarnation);
    } catch (error) {
      throw error instanceof MnemeshError ? error : storeFailed(mesh, error);
    }
  }

  #checkOpen(): void {
    if (this.#closing !== undefined) throw new MnemeshError('closed', 'The update log is closed.');
  }
}

/** One mesh of a simulated update log. */
class SimulatedMeshLog implements MeshLog {
  readonly mesh: MeshId;
  readonly #session: DiskSession;
  readonly #journal: Journal;
  readonly #tables: MeshLogTables;
  #closing: Promise<void> | undefined;

  private constructor(session: DiskSession, mesh: MeshId, journal: Journal, tables: MeshLogTables) {
    this.#session = session;
    this.mesh = mesh;
    this.#journal = journal;
    this.#tables = tables;
  }

  static async open(
    session: DiskSession,
    mesh: MeshId,
    incarnation: Incarnation,
  ): Promise<SimulatedMeshLog> {
    const tables = new MeshLogTables();
    const journal = await Journal.open({
      session,
      file: mesh + SUFFIX,
      // Each call sees what the calls before it did.
      groupEntries: 1,
      afterFailure: 'refuse',
      replay: (payload) => replay(tables, payload),
    });
    const log = new SimulatedMeshLog(session, mesh, journal, tables);
    if (!tables.incarnations.some((known) => known.incarnation === incarnation)) {
      await log.#write(() => ({ kind: 'incarnation', incarnation, first: tables.head + 1 }));
    }
    return log;
  }

  get failed(): boolean {
    return this.#journal.failed;
  }

  get incarnations() {
    return this.#tables.incarnations;
  }

  get head(): number {
    return this.#tables.head;
  }

  async documents() {
    return this.#open('documents').heads();
  }

  async state(guid: Guid) {
    return this.#open('state').state(guid);
  }

  async read(guid: Guid, after: number) {
    return this.#open('read').read(guid, after);
  }

  async append(group: AppendGroup): Promise<AppendedNumbers> {
    let first = 0;
    await this.#write(() => {
      first = this.#tables.head + 1;
      return { kind: 'append', first, group };
    });
    return { first, last: first + group.updates.length - 1 };
  }

  async putBase(guid: Guid, base: DocumentBase): Promise<void> {
    await this.#write(() => ({ kind: 'base', guid, base }));
  }

  async dropRows(guid: Guid): Promise<void> {
    await this.#write(() => ({ kind: 'drop', guid }));
  }

  async ends() {
    return [...this.#open('ends').ends];
  }

  async putEnd(end: End, documents: readonly Guid[]): Promise<void> {
    await this.#write(() => ({ kind: 'end', end, documents }));
  }

  /** The journal without what later changes dropped. */
  async erase(): Promise<void> {
    const tables = this.#open('erase');
    await this.#journal.rewrite((payloads) =>
      withoutDropped(payloads.map(decodeMeshLogChange), tables).map(encodeMeshLogChange),
    );
  }

  async replica(replica: ReplicaId) {
    return this.#open('replica').replica(replica);
  }

  async putReplica(replica: ReplicaId, opening: ReplicaOpening): Promise<void> {
    await this.#write(() => ({ kind: 'replica', replica, opening }));
  }

  get claims(): number {
    return this.#tables.claims;
  }

  get claimsInDoubt(): boolean {
    return this.#tables.claimsInDoubt;
  }

  async claim(task: ClaimedTask) {
    return this.#open('claim').claim(task);
  }

  async putClaim(task: ClaimedTask, claim: GrantedClaim): Promise<void> {
    await this.#write(() => ({ kind: 'claim', task, claim }));
  }

  async confirmClaims(): Promise<void> {
    await this.#write(() => ({ kind: 'confirmed' }));
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    // What cannot be written now was not closed in order.
    if (!this.failed) await this.#append(() => ({ kind: 'closed' })).catch(() => undefined);
    await this.#journal.close();
  }

  /** @param make called when every call before this one has taken effect */
  async #write(make: () => MeshLogChange): Promise<void> {
    this.#open('write');
    await this.#append(make);
  }

  async #append(make: () => MeshLogChange): Promise<void> {
    const tables = this.#tables;
    let change: MeshLogChange | undefined;
    await this.#journal.append({
      deferred: false,
      prepare: () => {
        const wanted = make();
        tables.check(wanted);
        const payload = encodeMeshLogChange(wanted);
        // What is applied is what the journal's frame says.
        change = decodeMeshLogChange(payload);
        return payload;
      },
      apply: () => tables.apply(change as MeshLogChange),
    });
  }

  #open(call: string): MeshLogTables {
    this.#session.called(call);
    if (this.#closing === undefined && !this.failed) return this.#tables;
    const why = this.failed ? ' A write to it was rejected.' : '';
    throw new MnemeshError('closed', `The log of mesh ${this.mesh} is closed.${why}`, {
      retryable: this.failed,
    });
  }
}

function replay(tables: MeshLogTables, payload: Uint8Array): void {
  tables.apply(decodeMeshLogChange(payload));
}

function storeFailed(mesh: MeshId, cause: unknown): MnemeshError {
  const detail = cause instanceof Error ? cause.message : String(cause);
  return new MnemeshError(
    'store_failed',
    `The log of mesh ${mesh} could not be opened: ${detail}`,
    {
      cause,
    },
  );
}
