import {
  type AgentId,
  BASE_FIELD,
  type Clock,
  Ends,
  type Guid,
  homeSegment,
  type MeshId,
  type Namespace,
  parseMeshId,
  type RecordId,
  type ReplicaId,
  type Runtime,
  type SessionId,
  type Signatures,
  type WriterId,
} from '@mnemesh/protocol';
import type { VerifiedEnvelope } from '@mnemesh/segment';
import { encodeUtf8 } from 'lib0/string';
import { definitionOf } from '../collections/definitions.js';
import { taskDefinition } from '../collections/task.js';
import { ThreadPositions } from '../collections/thread-positions.js';
import {
  DIRECTORY_NAMESPACE,
  DirectoryIndex,
  memberDefinition,
  memberId,
  namespaceDefinition,
  namespaceId,
} from '../documents/directory.js';
import { isLocalNamespace } from '../documents/local-namespace.js';
import { ProjectionRules } from '../documents/projection-rules.js';
import type { SegmentEvent } from '../documents/segment.js';
import { type SegmentLimits, segmentLimits } from '../documents/segment-limits.js';
import type { SegmentPlace } from '../documents/segment-place.js';
import { Segments } from '../documents/segments.js';
import { WriteQueue } from '../documents/write-queue.js';
import { Forgetting } from '../forgetting/forgetting.js';
import type { OpenEntries } from '../forgetting/forgetting-replica.js';
import { RECEIPTS_NAMESPACE } from '../forgetting/holder-records.js';
import { Retention } from '../forgetting/retention.js';
import { Scrubber } from '../forgetting/scrubber.js';
import { SegmentEnds } from '../forgetting/segment-ends.js';
import { type AgentIdentity, freshSessionId, freshWriterId } from '../identity.js';
import { Journal } from '../journal.js';
import type {
  Invitations,
  Recaller,
  ReplicaStore,
  ReplicaStoreOpener,
  StoredRecord,
  Transport,
} from '../ports/index.js';
import { MEMBER_SIGN } from '../records/base-data.js';
import { canonicalJson } from '../records/canonical-json.js';
import { projectRecord, type StoredView } from '../records/projection.js';
import { Session } from '../session.js';
import type { MeshStatus } from '../status.js';
import type { Reach } from '../sync/relay-link.js';
import { closedError, SyncEngine } from '../sync/sync-engine.js';
import type { ClaimAnswer, ClaimAsked } from '../tasks/strict-claim.js';
import { TaskBoard } from '../tasks/task-board.js';
import { TaskNotices } from '../tasks/task-notices.js';
import { Timers } from '../timers.js';
import { LocalIds } from './local-ids.js';
import { Reprojection } from './reprojection.js';

export interface ReplicaOptions {
  readonly mesh: string;
  readonly store: ReplicaStoreOpener;
  readonly transports?: readonly Transport[];
  readonly runtime: Runtime;
  readonly signatures: Signatures;
  readonly subscription?: {
    /** Default `**`: everything. The directory always belongs to it. */
    readonly globs?: readonly string[];
    /** Default `all`. */
    readonly reach?: Reach;
  };
  /** Answers `recall`; its analyzer takes apart what the store indexes. Without one nothing is indexed. */
  readonly recall?: Recaller;
  /** Defaults are in `segmentLimits`. */
  readonly limits?: Partial<SegmentLimits>;
  /** Default true. False only in tests that show what sweeping is good for. */
  readonly sweeps?: boolean;
}

export interface RecordChange {
  readonly id: RecordId;
  readonly record: StoredRecord | undefined;
  readonly origin: 'local' | 'remote';
}

export type RecordListener = (changes: readonly RecordChange[]) => void;
export type EverywhereListener = (namespace: Namespace, changes: readonly RecordChange[]) => void;

/** One local copy of a mesh: owns the store, the segments and the links. */
export class Replica {
  readonly mesh: MeshId;
  readonly runtime: Runtime;
  readonly store: ReplicaStore;
  readonly recaller: Recaller | undefined;
  readonly positions: ThreadPositions;
  readonly rules = new ProjectionRules();
  readonly journal: Journal;
  readonly segments: Segments;
  readonly index: DirectoryIndex;
  readonly writes: WriteQueue;
  readonly scrubber: Scrubber;
  readonly forgetting: Forgetting;
  readonly ends: SegmentEnds;
  readonly retention: Retention;
  readonly #reprojection: Reprojection;
  readonly #sync: SyncEngine;
  readonly #writer: WriterId;
  readonly #localIds: LocalIds;
  readonly #agents = new Set<AgentId>();
  readonly #timers: Timers;
  readonly #announced = new Set<RecordId>();
  readonly #recordListeners = new Map<Namespace, Set<RecordListener>>();
  readonly #everywhereListeners = new Set<EverywhereListener>();
  readonly #boards = new Map<Namespace, TaskBoard>();
  readonly #notices = new Map<SessionId, TaskNotices>();
  readonly #statusListeners = new Set<(status: MeshStatus) => void>();
  #statusPlanned = false;
  #closing: Promise<void> | undefined;

  private constructor(
    options: ReplicaOptions,
    store: ReplicaStore,
    sync: Awaited<ReturnType<ReplicaStore['syncState']>>,
  ) {
    this.mesh = parseMeshId(options.mesh);
    this.runtime = options.runtime;
    this.#timers = new Timers(options.runtime);
    this.store = store;
    this.recaller = options.recall;
    this.positions = new ThreadPositions(store);
    this.#writer = freshWriterId(options.runtime);
    this.#localIds = new LocalIds(options.runtime);
    this.journal = new Journal(store, options.runtime, () => this.#statusChanged());
    const ends = new Ends();
    this.segments = new Segments(
      {
        ends,
        mesh: this.mesh,
        runtime: options.runtime,
        signatures: options.signatures,
        store,
        journal: this.journal,
        project: (place, standing) => this.project(place, standing),
        markProjected: (namespace) => this.#reprojection.mark(namespace),
        changed: (event) => this.#changed(event),
        unscrubbed: (_, origin) => this.scrubber.due(origin),
        limits: { ...segmentLimits, ...options.limits },
        sweeps: options.sweeps ?? true,
      },
      (place) => this.#damaged(place),
    );
    this.scrubber = new Scrubber({
      runtime: options.runtime,
      segments: this.segments,
      journal: this.journal,
      store,
      receipts: (segments) => this.forgetting.scrubbed(segments),
    });
    const globs = withDirectory(options.subscription?.globs ?? ['**']);
    this.#reprojection = new Reprojection({
      rules: this.rules,
      store,
      segments: this.segments,
      journal: this.journal,
      log: options.runtime.log,
    });
    this.index = new DirectoryIndex(this.segments);
    this.writes = new WriteQueue(this.segments);
    this.#sync = new SyncEngine(
      {
        runtime: options.runtime,
        segments: this.segments,
        journal: this.journal,
        store,
        transports: options.transports ?? [],
        globs,
        reach: options.subscription?.reach ?? 'all',
        agents: () => [...this.#agents].slice(0, 64),
        changed: () => this.#statusChanged(),
        linked: () => {
          this.forgetting.linked();
          this.ends.linked();
        },
      },
      sync,
    );
    this.forgetting = new Forgetting(this, this.#sync, globs);
    this.ends = new SegmentEnds(this, this.#sync, this.forgetting, ends);
    this.retention = new Retention(this, this.ends, this.forgetting);
  }

  /** @throws MnemeshError `bad_input`, and what the store's opener throws */
  static async open(options: ReplicaOptions): Promise<Replica> {
    const store = await options.store(parseMeshId(options.mesh), options.recall?.analyzer);
    try {
      const replica = new Replica(options, store, await store.syncState());
      await replica.ends.open();
      await replica.segments.open();
      await replica.#readRules();
      await replica.#reprojection.open();
      for (const { guid } of store.damaged) {
        const place = replica.segments.placeOf(guid);
        if (place !== undefined) replica.#damaged(place);
      }
      replica.#sync.start();
      replica.scrubber.start();
      replica.retention.start();
      return replica;
    } catch (error) {
      await store.close();
      throw error;
    }
  }

  get id(): ReplicaId {
    return this.#sync.replica;
  }

  session(agent: AgentIdentity): Session {
    return new Session(...this.sessionParts(agent));
  }

  /** What a session at this replica is made of. */
  sessionParts(agent: AgentIdentity): ConstructorParameters<typeof Session> {
    this.#agents.add(agent.id);
    const parts = (): ConstructorParameters<typeof Session> => [
      freshSessionId(this.runtime),
      this.#writer,
      agent,
      () => this.runtime.now(),
    ];
    this.forgetting.signBy(() => new Session(...parts()));
    return parts();
  }

  /** Receipts can be written from now on, and what is over be deleted. Told with each session; the first one counts. */
  writeEntries(open: OpenEntries): void {
    this.forgetting.use(open);
    this.ends.settle();
  }

  /**
   * The highest clock at which a session wrote any field of a record, by the values that stand and
   * by what those replaced. Undefined when it never did, or nobody can know any more.
   */
  lastWrite(session: SessionId, namespace: Namespace, id: RecordId): Promise<Clock | undefined> {
    const place = this.segments.place(namespace, homeSegment(id));
    return this.segments.use(place, async (segment) => segment.lastWrite(session, id));
  }

  /** A local id for a fresh record: sortable by time, unique without agreement. */
  freshLocalId(): string {
    return this.#localIds.next();
  }

  /** A record as these envelopes of it show it. */
  project(
    place: { readonly namespace: Namespace; readonly guid: Guid; readonly id: RecordId },
    standing: readonly VerifiedEnvelope[],
  ): StoredRecord | undefined {
    return projectRecord(place, standing, definitionOf, (collection) =>
      this.rules.of(place.namespace, collection),
    );
  }

  taskBoard(namespace: Namespace): TaskBoard {
    const board = this.#boards.get(namespace) ?? new TaskBoard(this, namespace);
    this.#boards.set(namespace, board);
    return board;
  }

  /** What becomes of one session's tasks. It costs nothing until the session takes one. */
  noticesOf(session: Session): TaskNotices {
    const known = this.#notices.get(session.id);
    if (known !== undefined) return known;
    const notices = new TaskNotices(session.id, () => {
      this.onRecordsEverywhere((_, changes) => {
        for (const { record } of changes)
          if (record?.collection === taskDefinition.name) notices.changed(record);
      });
    });
    this.#notices.set(session.id, notices);
    return notices;
  }

  /** Asks a relay for a strict claim. @throws MnemeshError `relay_unavailable`, at once or when no answer comes */
  claimAtRelay(asked: ClaimAsked): Promise<ClaimAnswer> {
    return this.#sync.claim(asked, this.segments.place(asked.namespace, homeSegment(asked.record)));
  }

  acked(place: SegmentPlace, target: Parameters<SyncEngine['acked']>[1]): Promise<void> {
    return this.#sync.acked(place.guid, target);
  }

  /** Asks for a segment that the reach left out; without a link nothing happens. */
  fetch(place: SegmentPlace): void {
    this.#sync.fetch(place);
  }

  synced(place: SegmentPlace): Promise<void> {
    return this.#sync.same(place.guid);
  }

  /** Has it opened a session in this opening? */
  isOpen(agent: AgentId): boolean {
    return this.#agents.has(agent);
  }

  /** Deletes a segment that is over, with all that is stored of it. */
  async remove(place: SegmentPlace): Promise<void> {
    const { guid, namespace } = place;
    const ids = new Set((await this.store.envelopesOf(guid)).map(({ id }) => id));
    await this.segments.remove(place);
    this.#sync.ended(place);
    await this.journal.commit({ removeDocuments: [guid] });
    const changes = [...ids].map((id) => ({ id, record: undefined, origin: 'remote' }) as const);
    if (changes.length > 0)
      for (const listener of this.#recordListeners.get(namespace) ?? []) listener(changes);
    this.#statusChanged();
  }

  /** Lists in the directory who writes and where, once for each opening. Both are the same entry whoever makes it. */
  async announce(session: Session, place: SegmentPlace): Promise<void> {
    if (isLocalNamespace(place.namespace)) return;
    await Promise.all([
      this.#announceMember(session),
      this.#announceOnce(session, namespaceId(place.namespace), namespaceDefinition.name, {
        namespace: place.namespace,
      }),
      this.forgetting.announce(session),
    ]);
  }

  /** Done when the directory lists this segment, which comes before any write into it; undefined when it does. */
  listed(place: SegmentPlace): Promise<void> | undefined {
    return isLocalNamespace(place.namespace) ? undefined : this.index.add(place);
  }

  async #announceMember(session: Session): Promise<void> {
    const { id: agent, name, kind } = session.agent;
    const id = memberId(agent);
    if (this.#announced.has(id)) return;
    await this.#announceOnce(session, id, memberDefinition.name, {
      agent,
      name,
      ...(kind === 'human' ? { kind } : {}),
    });
    const declared = session.agent.capabilities;
    if (declared === undefined) return;
    const member = await this.store.record(DIRECTORY_NAMESPACE, id);
    if (member === undefined) return;
    const { fields, shown } = JSON.parse(member.view) as StoredView;
    session.show(DIRECTORY_NAMESPACE, id, shown);
    const changed = changedMembers(fields.capabilities as readonly string[], declared);
    if (changed.size === 0) return;
    const writes = [...changed].map(([word, value]) => {
      const field = `capabilities${MEMBER_SIGN}${word}`;
      const context = session.contextOf(DIRECTORY_NAMESPACE, id, field);
      return { field, context, data: encodeUtf8(canonicalJson(value)) };
    });
    const place = this.segments.place(DIRECTORY_NAMESPACE, homeSegment(id));
    await this.writes.write(place, {
      session,
      namespace: DIRECTORY_NAMESPACE,
      id,
      fields: writes,
      expects: 'existing',
    });
  }

  async #announceOnce(
    session: Session,
    id: RecordId,
    collection: string,
    values: { readonly [field: string]: string },
  ): Promise<void> {
    if (this.#announced.has(id)) return;
    this.#announced.add(id);
    if ((await this.store.record(DIRECTORY_NAMESPACE, id)) !== undefined) return;
    const data = encodeUtf8(canonicalJson({ collection, values }));
    const place = this.segments.place(DIRECTORY_NAMESPACE, homeSegment(id));
    await this.writes.write(place, {
      session,
      namespace: DIRECTORY_NAMESPACE,
      id,
      fields: [{ field: BASE_FIELD, context: new Map(), data }],
      expects: 'new',
    });
  }

  /** Resolves once the relay durably holds all that is here now. */
  async allAcked(): Promise<void> {
    await this.writes.settled();
    await this.journal.flushed();
    for (const place of this.segments.unackedPlaces()) {
      if (isLocalNamespace(place.namespace)) continue;
      try {
        await this.#sync.acked(place.guid, await this.segments.stateOf(place));
      } catch (error) {
        // What was in it and is not over has moved, and is acked there.
        if (!this.segments.isOver(place)) throw error;
        await this.ends.settled();
        return this.allAcked();
      }
    }
  }

  /** Calls `listener` when records were written anew because of the rules. Returns a function that ends it. */
  onRules(listener: () => void): () => void {
    return this.#reprojection.onDone(listener);
  }

  /** Resolves when every record is stored as the rules known so far show it. */
  rulesApplied(): Promise<void> {
    return this.#reprojection.settled();
  }

  setOffline(offline: boolean): void {
    this.#sync.setOffline(offline);
  }

  get invitations(): Invitations {
    return this.#sync.invitations;
  }

  /** Calls `listener` after each saved change of records in this namespace. Returns a function that ends it. */
  onRecords(namespace: Namespace, listener: RecordListener): () => void {
    const listeners = this.#recordListeners.get(namespace) ?? new Set();
    this.#recordListeners.set(namespace, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#recordListeners.get(namespace) === listeners)
        this.#recordListeners.delete(namespace);
    };
  }

  /** As `onRecords`, of every namespace. */
  onRecordsEverywhere(listener: EverywhereListener): () => void {
    this.#everywhereListeners.add(listener);
    return () => this.#everywhereListeners.delete(listener);
  }

  onStatus(listener: (status: MeshStatus) => void): () => void {
    this.#statusListeners.add(listener);
    return () => this.#statusListeners.delete(listener);
  }

  get status(): MeshStatus {
    const unsaved = this.journal.pending + this.writes.length;
    const { unacked } = this.segments;
    const { awaited } = this.#sync;
    return {
      mesh: this.mesh,
      replica: this.id,
      unsaved,
      unacked,
      awaited,
      synced: unsaved === 0 && awaited === 0 && this.#sync.inStep,
      offline: this.#sync.offline,
      transports: this.#sync.transports,
      segments: { known: this.segments.known, loaded: this.segments.loaded },
      storeError: this.journal.failure?.message,
      damaged: this.store.damaged.length,
      unverified: this.segments.unverified,
      rejected: this.#sync.rejected,
      unknownFrames: this.#sync.unknownFrames,
    };
  }

  refuseWhenClosed(): void {
    if (this.#closing !== undefined) throw closedError();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#timers.end();
    for (const board of this.#boards.values()) board.close();
    await this.#sync.close();
    this.retention.close();
    await this.scrubber.close();
    await this.ends.close();
    await this.forgetting.close();
    await this.#reprojection.close();
    await this.segments.close();
    await this.journal.flushed();
    this.journal.close();
    await this.store.close();
    this.#recordListeners.clear();
    this.#everywhereListeners.clear();
    this.#statusListeners.clear();
  }

  #changed(event: SegmentEvent): void {
    const { namespace } = event.segment.place;
    const origin = event.origin === 'local' ? 'local' : 'remote';
    const changes = event.records.map(({ id, record }) => ({ id, record, origin }) as const);
    if (namespace === DIRECTORY_NAMESPACE) this.#directoryChanged(changes);
    if (changes.length > 0)
      for (const listener of this.#recordListeners.get(namespace) ?? []) listener(changes);
    if (changes.length > 0)
      for (const listener of this.#everywhereListeners) listener(namespace, changes);
    this.#sync.changed(event);
    this.#statusChanged();
  }

  #directoryChanged(changes: readonly RecordChange[]): void {
    for (const { record } of changes) if (record !== undefined) this.ends.learn(record);
    const isNews = changes.map(({ record }) => record !== undefined && this.rules.learn(record));
    if (isNews.includes(true)) this.#reprojection.check();
  }

  async #readRules(): Promise<void> {
    for (const { name } of [namespaceDefinition, memberDefinition]) {
      const entries = await this.store.query({
        namespaces: [DIRECTORY_NAMESPACE],
        collection: name,
        archived: 'any',
        limit: 10_000,
      });
      for (const entry of entries) this.rules.learn(entry);
    }
  }

  /** Rows of this document were lost: what is left is loaded, and the rest asked for. */
  #damaged(place: SegmentPlace): void {
    this.#repair(place).catch((error) => {
      this.runtime.log('error', 'asking for a damaged segment failed', { error: String(error) });
    });
  }

  async #repair(place: SegmentPlace): Promise<void> {
    await this.#sync.missing(place);
    await this.segments.use(place, (segment) => segment.reproject());
    await this.journal.commit({ repaired: [place.guid] });
  }

  #statusChanged(): void {
    if (this.#statusPlanned || this.#statusListeners.size === 0) return;
    this.#statusPlanned = true;
    this.#timers.after(0, () => {
      this.#statusPlanned = false;
      const { status } = this;
      for (const listener of this.#statusListeners) listener(status);
    });
  }
}

/** What to write into a set's fields, so that it holds `wanted` and no more. */
function changedMembers(
  held: readonly string[],
  wanted: readonly string[],
): ReadonlyMap<string, string | null> {
  const changed = new Map<string, string | null>();
  for (const word of held) if (!wanted.includes(word)) changed.set(word, null);
  for (const word of wanted) if (!held.includes(word)) changed.set(word, word);
  return changed;
}

function withDirectory(globs: readonly string[]): readonly string[] {
  return globs.includes('**') ? globs : [...globs, DIRECTORY_NAMESPACE, RECEIPTS_NAMESPACE];
}
