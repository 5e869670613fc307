import {
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
} from '@mnemesh/protocol';
import type { VerifiedEnvelope } from '@mnemesh/segment';
import { definitionOf } from '../collections/definitions.js';
import { ThreadPositions } from '../collections/thread-positions.js';
import { DIRECTORY_NAMESPACE, DirectoryIndex } from '../documents/directory.js';
import { isLocalNamespace } from '../documents/local-namespace.js';
import { ProjectionRules } from '../documents/projection-rules.js';
import { segmentLimits } from '../documents/segment-limits.js';
import type { SegmentPlace } from '../documents/segment-place.js';
import type { SegmentEvent } from '../documents/segment-surroundings.js';
import { Segments } from '../documents/segments.js';
import { WriteQueue } from '../documents/write-queue.js';
import { Forgetting } from '../forgetting/forgetting.js';
import type { OpenEntries } from '../forgetting/forgetting-replica.js';
import { RECEIPTS_NAMESPACE } from '../forgetting/holder-records.js';
import { Retention } from '../forgetting/retention.js';
import { Scrubber } from '../forgetting/scrubber.js';
import { SegmentEnds } from '../forgetting/segment-ends.js';
import { Journal } from '../journal.js';
import type {
  Invitations,
  Recaller,
  RecallPreparation,
  ReplicaStore,
  StoredRecord,
} from '../ports/index.js';
import type { TellingReplica } from '../presence/own-session.js';
import { ReplicaPresence } from '../presence/replica-presence.js';
import { proseLimits } from '../prose/prose-limits.js';
import { ReplicaProse } from '../prose/replica-prose.js';
import { projectRecord } from '../records/projection.js';
import type { Session } from '../session.js';
import type { MeshStatus } from '../status.js';
import type { SyncPreferences } from '../sync/cadences.js';
import { closedError, SyncEngine } from '../sync/sync-engine.js';
import { ReplicaTasks } from '../tasks/replica-tasks.js';
import type { ClaimAnswer, ClaimAsked } from '../tasks/strict-claim.js';
import { Timers } from '../timers.js';
import { Announcements } from './announcements.js';
import { LocalIds } from './local-ids.js';
import { readStatus } from './read-status.js';
import {
  type EverywhereListener,
  type RecordListener,
  RecordListeners,
} from './record-listeners.js';
import { Repairs } from './repairs.js';
import type { ReplicaOptions } from './replica-options.js';
import { ReplicaSessions } from './replica-sessions.js';
import { Reprojection } from './reprojection.js';
import { RoomWatch } from './room-watch.js';
import { StatusListeners } from './status-listeners.js';

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
  readonly room: RoomWatch | undefined;
  readonly presence: ReplicaPresence;
  readonly prose: ReplicaProse;
  readonly sessions: ReplicaSessions;
  readonly tasks = new ReplicaTasks(this);
  readonly #reprojection: Reprojection;
  readonly #sync: SyncEngine;
  readonly #repairs: Repairs;
  readonly #localIds: LocalIds;
  readonly #timers: Timers;
  readonly #announcements: Announcements;
  readonly #records: RecordListeners;
  readonly #status: StatusListeners;
  #preparation: RecallPreparation | undefined;
  #closing: Promise<void> | undefined;

  private constructor(
    options: ReplicaOptions,
    store: ReplicaStore,
    sync: Awaited<ReturnType<ReplicaStore['syncState']>>,
  ) {
    this.mesh = parseMeshId(options.mesh);
    this.runtime = options.runtime;
    this.#timers = new Timers(options.runtime);
    this.#records = new RecordListeners(options.runtime.log);
    this.#status = new StatusListeners(this.#timers, () => this.status);
    this.presence = new ReplicaPresence(options.runtime, () => this.#teller());
    this.store = store;
    this.recaller = options.recall;
    this.positions = new ThreadPositions(store);
    this.sessions = new ReplicaSessions(options.runtime, (fresh) => this.forgetting.signBy(fresh));
    this.#localIds = new LocalIds(options.runtime);
    this.journal = new Journal(store, options.runtime, () => this.#status.changed());
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
        markBehind: (...change) => this.prose.texts.mark(...change),
        markProjected: (namespace) => this.#reprojection.mark(namespace),
        changed: (event) => this.#changed(event),
        unscrubbed: (_, origin) => this.scrubber.due(origin),
        limits: { ...segmentLimits, ...options.limits },
        sweeps: options.sweeps ?? true,
      },
      (place) => this.#repairs.damaged(place),
    );
    this.prose = new ReplicaProse({
      runtime: options.runtime,
      store,
      segments: this.segments,
      journal: this.journal,
      limits: { ...proseLimits, ...options.proseLimits },
      acked: (place, state) => this.acked(place, state),
      stored: () => this.#preparation?.changed(),
    });
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
    this.#announcements = new Announcements(store, this.segments, this.writes);
    this.#sync = new SyncEngine(
      {
        runtime: options.runtime,
        segments: this.segments,
        journal: this.journal,
        store,
        transports: options.transports ?? [],
        globs,
        reach: options.subscription?.reach ?? 'all',
        agents: () => this.sessions.agents(),
        changed: () => this.#status.changed(),
        presence: this.presence,
        linked: () => {
          this.forgetting.linked();
          this.ends.linked();
        },
      },
      sync,
    );
    this.#repairs = new Repairs({
      store,
      segments: this.segments,
      journal: this.journal,
      sync: this.#sync,
      log: options.runtime.log,
    });
    this.forgetting = new Forgetting(this, this.#sync, globs);
    this.ends = new SegmentEnds(this, this.#sync, this.forgetting, ends);
    this.retention = new Retention(this, this.ends, this.forgetting);
    this.room =
      options.room &&
      new RoomWatch({
        room: options.room,
        runtime: options.runtime,
        segments: this.segments,
        journal: this.journal,
        store,
        retention: this.retention,
        changed: () => this.#status.changed(),
      });
  }

  /** @throws MnemeshError `bad_input`, and what the store's opener throws */
  static async open(options: ReplicaOptions): Promise<Replica> {
    const store = await options.store(parseMeshId(options.mesh), options.recall?.analyzer);
    try {
      const replica = new Replica(options, store, await store.syncState());
      await replica.ends.open();
      await replica.segments.open();
      await replica.prose.texts.open();
      await replica.#reprojection.open();
      replica.#repairs.open();
      replica.#sync.start();
      replica.scrubber.start();
      replica.retention.start();
      replica.room?.start();
      replica.#preparation = options.recall?.start?.(store, options.runtime);
      return replica;
    } catch (error) {
      await store.close();
      throw error;
    }
  }

  get id(): ReplicaId {
    return this.#sync.replica;
  }

  /** Receipts can be written from now on, and what is over be deleted. Told with each session; the first one counts. */
  writeEntries(open: OpenEntries): void {
    if (this.forgetting.use(open)) this.ends.settle();
  }

  /**
   * The highest clock at which a session wrote any field of a record, by the values that stand and
   * by what those replaced, once that is saved. Undefined when it never did, or nobody can know any more.
   * @throws MnemeshError `store_failed`
   */
  lastWrite(session: SessionId, namespace: Namespace, id: RecordId): Promise<Clock | undefined> {
    const place = this.segments.place(namespace, homeSegment(id));
    return this.segments.use(place, (segment) => segment.lastWrite(session, id));
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

  /** Could a relay or peer that it is configured with bring what is missing of this segment? */
  mayArrive(place: SegmentPlace): boolean {
    return this.#sync.mayBring(place);
  }

  synced(place: SegmentPlace): Promise<void> {
    return this.#sync.same(place.guid);
  }

  /** Deletes a segment that is over, with all that is stored of it. */
  async remove(place: SegmentPlace): Promise<void> {
    const { guid, namespace } = place;
    const ids = new Set((await this.store.envelopesOf(guid)).map(({ id }) => id));
    await this.segments.remove(place);
    this.#sync.ended(place);
    this.prose.ended(place);
    await this.journal.commit({ removeDocuments: [guid] });
    this.#records.removed(namespace, ids);
    this.#status.changed();
  }

  /** Lists in the directory who writes and where, once for each opening. Both are the same entry whoever makes it. */
  async announce(session: Session, place: SegmentPlace): Promise<void> {
    if (isLocalNamespace(place.namespace)) return;
    await Promise.all([
      this.#announcements.member(session),
      this.#announcements.namespace(session, place.namespace),
      this.forgetting.announce(session),
    ]);
  }

  /** Done when the directory lists this segment, which comes before any write into it; undefined when it does. */
  listed(place: SegmentPlace): Promise<void> | undefined {
    return isLocalNamespace(place.namespace) ? undefined : this.index.add(place);
  }

  /** Resolves once the relay durably holds all that is here now. */
  async allAcked(): Promise<void> {
    await this.prose.settled();
    await this.writes.settled();
    await this.journal.flushed();
    this.#sync.flush();
    for (const place of this.segments.heads.unackedPlaces()) {
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

  /** @throws MnemeshError `bad_input` */
  prefer(preferences: SyncPreferences): void {
    this.#sync.prefer(preferences);
  }

  reconnect(): void {
    this.#sync.reconnect();
  }

  setOffline(offline: boolean): void {
    this.#sync.setOffline(offline);
  }

  get invitations(): Invitations {
    return this.#sync.invitations;
  }

  /** Calls `listener` after each saved change of records in this namespace. Returns a function that ends it. */
  onRecords(namespace: Namespace, listener: RecordListener): () => void {
    return this.#records.add(namespace, listener);
  }

  /** As `onRecords`, of every namespace. */
  onRecordsEverywhere(listener: EverywhereListener): () => void {
    return this.#records.addEverywhere(listener);
  }

  onStatus(listener: (status: MeshStatus) => void): () => void {
    return this.#status.add(listener);
  }

  get status(): MeshStatus {
    return readStatus(this, this.#sync);
  }

  #teller(): TellingReplica {
    const { unsaved, unacked, awaited, synced } = this.status;
    return { replica: this.id, standing: { unsaved, unacked, awaited, synced } };
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
    this.tasks.close();
    this.presence.close();
    try {
      await this.#closeParts();
    } finally {
      // Whatever went wrong: a store that stays open can be opened by nobody else.
      this.journal.close();
      await this.store.close();
      this.#records.clear();
      this.#status.clear();
    }
  }

  async #closeParts(): Promise<void> {
    await this.prose.close();
    await this.#preparation?.close();
    await this.#sync.close();
    this.retention.close();
    await this.room?.close();
    await this.scrubber.close();
    await this.ends.close();
    await this.forgetting.close();
    await this.#reprojection.close();
    await this.segments.close();
    await this.journal.flushed();
  }

  #changed(event: SegmentEvent): void {
    const { namespace } = event.segment.place;
    const origin = event.origin === 'local' ? 'local' : 'remote';
    const changes = event.records.map(({ id, record }) => ({ id, record, origin }) as const);
    if (namespace === DIRECTORY_NAMESPACE)
      this.#directoryChanged(changes.flatMap(({ record }) => record ?? []));
    this.#records.changed(namespace, changes);
    if (changes.length > 0) this.#preparation?.changed();
    if (changes.length > 0 && origin === 'local') this.room?.wrote();
    this.prose.changed(event);
    this.#sync.changed(event);
    this.#status.changed();
  }

  #directoryChanged(entries: readonly StoredRecord[]): void {
    for (const entry of entries) this.ends.learn(entry);
    this.#reprojection.learn(entries);
  }
}

function withDirectory(globs: readonly string[]): readonly string[] {
  return globs.includes('**') ? globs : [...globs, DIRECTORY_NAMESPACE, RECEIPTS_NAMESPACE];
}
