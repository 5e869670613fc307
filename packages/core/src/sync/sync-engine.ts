import {
  closeCodes,
  type FrameOf,
  type Guid,
  type Link,
  type LinkHandler,
  MnemeshError,
  matchesAny,
  type Namespace,
  PROTOCOL_VERSION,
  parseGlob,
  type ReplicaId,
  type Runtime,
  sha256Hex,
  toHex,
} from '@mnemesh/protocol';
import type { DocumentState } from '@mnemesh/segment';
import { isLocalNamespace } from '../documents/local-namespace.js';
import { segmentOver } from '../documents/segment.js';
import type { SegmentPlace } from '../documents/segment-place.js';
import type { SegmentEvent } from '../documents/segment-surroundings.js';
import type { Segments } from '../documents/segments.js';
import type { Journal } from '../journal.js';
import type { Invitations, ReplicaStore, StoredSyncState, Transport } from '../ports/index.js';
import type { RejectedPush, TransportStatus } from '../status.js';
import type { ClaimAnswer, ClaimAsked } from '../tasks/strict-claim.js';
import type { Reach } from './backfill.js';
import { Cadences, type SyncPreferences } from './cadences.js';
import { unavailable } from './claim-requests.js';
import type { LinkOwner, Subscription, SyncLink } from './link-owner.js';
import { LinkSignals } from './link-signals.js';
import { noInvitations } from './no-invitations.js';
import { PeerLink } from './peer-link.js';
import { PlannedPutBacks } from './planned-put-backs.js';
import { Progress } from './progress.js';
import { RejectedPushes } from './rejected-pushes.js';
import { RelayKnowledge } from './relay-knowledge.js';
import { RelayLink } from './relay-link.js';

export interface SyncSurroundings {
  readonly runtime: Runtime;
  readonly segments: Segments;
  readonly journal: Journal;
  readonly store: ReplicaStore;
  readonly transports: readonly Transport[];
  readonly globs: readonly string[];
  readonly reach: Reach;
  readonly agents: () => FrameOf<'hello'>['agents'];
  readonly changed: () => void;
  /** A link is ready. */
  readonly linked: () => void;
  /** Who is there, told over links. */
  readonly presence: {
    linked(link: SyncLink): void;
    unlinked(link: SyncLink): void;
    heard(link: SyncLink, presence: Uint8Array): void;
  };
}

type AnyLink = (RelayLink | PeerLink) & SyncLink;

/** Links this replica with relays and peers, and knows what they hold of what it has. */
export class SyncEngine {
  readonly #around: SyncSurroundings;
  readonly #subscription: Subscription;
  readonly #knowledge: RelayKnowledge;
  readonly #putBacks: PlannedPutBacks;
  readonly #cadences = new Cadences();
  readonly #signals: LinkSignals;
  readonly #links = new Map<number, AnyLink>();
  readonly #transportOf = new Map<number, Transport>();
  readonly #rejected = new RejectedPushes();
  /** Links that were told of as ready. */
  readonly #linked = new WeakSet<SyncLink>();
  readonly #progress = new Progress();
  #replica: ReplicaId;
  #nextLink = 1;
  #unknownFrames = 0;
  #offline = false;

  constructor(around: SyncSurroundings, stored: StoredSyncState) {
    this.#around = around;
    this.#putBacks = new PlannedPutBacks(around.runtime, around.segments);
    this.#replica = around.store.opened.replica;
    const globs = [...around.globs].map(parseGlob).sort();
    this.#subscription = { globs, key: sha256Hex(globs.join('\n')) };
    this.#signals = new LinkSignals(around.transports, () => [...this.#links.values()]);
    this.#knowledge = new RelayKnowledge(around.segments, around.journal, stored);
  }

  get invitations(): Invitations {
    const found = this.#around.transports.find(({ invitations }) => invitations !== undefined);
    return found?.invitations ?? noInvitations;
  }

  get replica(): ReplicaId {
    return this.#replica;
  }

  get offline(): boolean {
    return this.#offline;
  }

  get awaited(): number {
    return this.#knowledge.awaited.length;
  }

  get rejected(): readonly RejectedPush[] {
    return this.#rejected.all;
  }

  get unknownFrames(): number {
    return [...this.#links.values()].reduce(
      (sum, { framed }) => sum + framed.unknownFrames,
      this.#unknownFrames,
    );
  }

  /** Some link is up, and none has anything left to say. */
  get inStep(): boolean {
    const links = [...this.#links.values()];
    return links.some(({ ready }) => ready) && links.every(({ ready, inStep }) => ready && inStep);
  }

  get transports(): readonly TransportStatus[] {
    return this.#around.transports.map((transport) => {
      const links = [...this.#links.values()].filter(
        ({ id, ready }) => ready && this.#transportOf.get(id) === transport,
      );
      return {
        kind: transport.kind,
        address: transport.address,
        state: transport.state,
        links: links.length,
        peers: links.flatMap(({ peer }) => peer ?? []).sort(),
      };
    });
  }

  start(): void {
    this.#signals.attach();
    for (const transport of this.#around.transports) {
      transport.start(
        (link) => this.#accept(transport, link),
        () => this.#around.changed(),
      );
    }
  }

  /** A change was saved: every link that should hold it is told. */
  changed(event: SegmentEvent): void {
    for (const link of this.#links.values()) link.changed(event);
    if (
      event.segment.lacking &&
      [...this.#links.values()].some((link) => link.holdsSame(event.segment.place.guid))
    ) {
      this.#putBacks.plan(event.segment.place);
    }
  }

  /** Asks for a document that the reach left out. */
  fetch(place: SegmentPlace): void {
    if (!this.#knowledge.isAwaited(place.guid)) return;
    for (const link of this.#links.values()) link.fetch(place);
  }

  /** Could somebody else bring what is missing of this document? */
  mayBring({ guid }: SegmentPlace): boolean {
    return this.#around.transports.length > 0 || this.#knowledge.isAwaited(guid);
  }

  /** Addresses of the relays this replica is configured with, linked or not. */
  get relays(): readonly string[] {
    return this.#around.transports
      .filter(({ kind }) => kind === 'relay')
      .map(({ address }) => address);
  }

  /** Those that are linked, and whose log was read. */
  get linkedRelays(): readonly string[] {
    return this.relays.filter((address) => this.#relayAt(address) !== undefined);
  }

  /**
   * Asks a relay to scrub a document as it is here now, once it holds all of that.
   * @returns false when it is not linked then
   * @throws MnemeshError `relay_unavailable`, `closed`
   */
  async scrubAt(address: string, place: SegmentPlace): Promise<boolean> {
    const state = await this.#around.segments.stateOf(place);
    this.flush();
    await this.acked(place.guid, state);
    const link = this.#relayAt(address);
    await link?.scrub(place, state);
    return link !== undefined;
  }

  /** Links to relays whose log was read. */
  relayLinks(): readonly RelayLink[] {
    return [...this.#links.values()].filter(
      (link): link is RelayLink => link instanceof RelayLink && link.ready,
    );
  }

  /** A document is over, and deleted here. */
  ended(place: SegmentPlace): void {
    const { guid } = place;
    this.#knowledge.drop(guid, segmentOver(place));
    this.#rejected.delete(guid);
    for (const link of this.#links.values()) link.ended(guid);
    this.#progressed();
  }

  /** Ends were learned of: awaited documents of which nothing is here are ended by nobody else. @throws MnemeshError `store_failed` */
  async endsLearned(): Promise<void> {
    const { over } = this.#knowledge;
    if (over.length === 0) return;
    for (const place of over) this.ended(place);
    await this.#around.journal.commit({ noLongerAwaited: over.map(({ guid }) => guid) });
  }

  #relayAt(address: string): RelayLink | undefined {
    return this.relayLinks().find((link) => link.address === address);
  }

  /** Asks a relay for a strict claim. @throws MnemeshError `relay_unavailable`, `overloaded` */
  claim(asked: ClaimAsked, place: SegmentPlace): Promise<ClaimAnswer> {
    for (const link of this.#links.values())
      if (link instanceof RelayLink && link.ready) return link.claim(asked, place);
    return Promise.reject(unavailable('No relay is linked.'));
  }

  /** A stored document turned out to have a hole. Of one that nobody else has, nothing can be awaited. */
  async missing(place: SegmentPlace): Promise<void> {
    if (isLocalNamespace(place.namespace) || this.#around.segments.isOver(place)) return;
    await this.#knowledge.await({ ...place, bytes: 0 });
    for (const link of this.#links.values()) link.fetch(place);
  }

  /** Resolves when the relay durably holds `target` of this document. */
  acked(guid: Guid, target: DocumentState): Promise<void> {
    return this.#knowledge.known.reaches(guid, target);
  }

  /** Resolves when some other end holds the same of this document as this replica. */
  same(guid: Guid): Promise<void> {
    return this.#progress.until(() =>
      [...this.#links.values()].some((link) => link.holdsSame(guid)),
    );
  }

  /** From now on; what was held back goes now. @throws MnemeshError `bad_input` */
  prefer(preferences: SyncPreferences): void {
    this.#cadences.set(preferences);
    this.flush();
  }

  /** Somebody waits for what is held back. */
  flush(): void {
    for (const link of this.#links.values()) link.flush();
  }

  /** Something changed that may let links come up which wait for their next try. */
  reconnect(): void {
    if (this.#offline) return;
    for (const transport of this.#around.transports) {
      if (transport.state !== 'connecting' && transport.state !== 'no_signaling') continue;
      transport.setOffline(true);
      transport.setOffline(false);
    }
  }

  setOffline(offline: boolean): void {
    if (this.#offline === offline) return;
    this.#offline = offline;
    for (const transport of this.#around.transports) transport.setOffline(offline);
    this.#around.changed();
  }

  async close(): Promise<void> {
    this.#putBacks.end();
    await Promise.all(this.#around.transports.map((transport) => transport.close()));
    for (const { framed } of this.#links.values())
      framed.close(closeCodes.normal, 'the mesh closes');
    this.#knowledge.known.fail(closedError());
    this.#progress.end(closedError());
  }

  #accept(transport: Transport, link: Link): LinkHandler {
    const { runtime, segments, reach } = this.#around;
    const id = this.#nextLink++;
    const owner = this.#ownerFor(transport);
    const created: AnyLink =
      transport.kind === 'relay'
        ? new RelayLink(id, transport.address, {
            link,
            runtime,
            segments,
            knowledge: this.#knowledge,
            owner,
            reach,
          })
        : new PeerLink(id, link, runtime, segments, owner);
    this.#links.set(id, created);
    this.#transportOf.set(id, transport);
    return created.start();
  }

  #ownerFor(transport: Transport): LinkOwner {
    return {
      subscription: this.#subscription,
      hello: () => this.#hello(),
      shares: ({ namespace }) => !isLocalNamespace(namespace),
      isOver: (place) => this.#around.segments.isOver(place),
      wants: ({ namespace }) => this.#wants(namespace),
      everyMs: (namespace) => this.#cadences.everyMs(namespace),
      admitted: (link) => {
        const { framed } = this.#links.get(link.id) as AnyLink;
        // With a store that takes nothing, what the other end sends ends each link: it is tried less and less often.
        if (this.#around.journal.failure === undefined) transport.admitted(framed.link);
        this.#around.changed();
      },
      refused: (_, error) => this.#refused(error),
      advanced: () => this.#progressed(),
      compared: (place) => this.#compared(place),
      arrived: (place) => this.#arrived(place),
      denied: (place, reason) => this.#denied(place, reason),
      // In one turn with the greeting, so that being told who is there costs no round trip.
      greeted: (link) => this.#around.presence.linked(link),
      signaled: (link, signal) => this.#signals.received(link, signal),
      changed: (link) => this.#ready(link),
      presence: (link, presence) => this.#around.presence.heard(link, presence),
      closed: (link, code, reason) => this.#linkClosed(link, code, reason),
    };
  }

  #hello(): FrameOf<'hello'> {
    const { counter, nonce } = this.#around.store.opened;
    return {
      type: 'hello',
      protocol: PROTOCOL_VERSION,
      mesh: this.#around.segments.mesh,
      replica: this.#replica,
      opened: { counter, nonce },
      agents: this.#around.agents(),
      grants: [],
    };
  }

  #wants(namespace: Namespace): boolean {
    return !isLocalNamespace(namespace) && matchesAny(this.#subscription.globs, namespace);
  }

  #refused({ code, message }: FrameOf<'error'>): void {
    const { runtime } = this.#around;
    runtime.log('warn', `the other end refuses this replica: ${message}`, { code });
    if (code === 'store_forked')
      this.#fork().catch((error) =>
        runtime.log('error', 'taking a new replica id failed', { error: String(error) }),
      );
  }

  /** This store is a copy, or older than what the other end saw: go on as a new replica and compare everything by state. */
  async #fork(): Promise<void> {
    const replica = toHex(this.#around.runtime.randomBytes(16)) as ReplicaId;
    this.#replica = replica;
    await this.#knowledge.reset({ replica });
  }

  #ready(link: SyncLink): void {
    for (const place of this.#around.segments.heads.lackingPlaces()) {
      if (link.holdsSame(place.guid)) this.#putBacks.plan(place);
    }
    if (link.ready && !this.#linked.has(link)) {
      this.#linked.add(link);
      this.#around.linked();
      this.#signals.linksChanged();
      if (link.kind === 'peer') this.#peerLinked(link);
    }
    this.#progressed();
  }

  #peerLinked(link: SyncLink): void {
    this.#around.presence.linked(link);
    // Where no relay is, nobody else completes what has a hole.
    if (this.relays.length === 0) for (const place of this.#knowledge.awaited) link.fetch(place);
  }

  #compared(place: SegmentPlace): void {
    this.#putBacks.plan(place);
    this.#progressed();
  }

  /** All that a peer holds is here. A relay may hold more, if there is one. */
  async #arrived(place: SegmentPlace): Promise<void> {
    if (this.relays.length > 0 || !this.#knowledge.isAwaited(place.guid)) return;
    await this.#knowledge.arrived(place.guid);
    this.#progressed();
  }

  #denied(place: SegmentPlace, reason: string): void {
    // What is over there will be over here as soon as the directory has come, and is dealt with then.
    if (reason !== 'ended')
      this.#knowledge.known.refuse(place.guid, this.#rejected.add(place, reason));
    this.#around.changed();
  }

  #linkClosed(link: SyncLink, code: number, reason: string): void {
    const closed = this.#links.get(link.id);
    this.#links.delete(link.id);
    this.#transportOf.delete(link.id);
    this.#around.presence.unlinked(link);
    this.#unknownFrames += closed?.framed.unknownFrames ?? 0;
    this.#signals.linksChanged();
    this.#around.runtime.log('debug', 'a link closed', { code, reason });
    this.#around.changed();
  }

  #progressed(): void {
    this.#around.changed();
    this.#progress.made();
  }
}

export function closedError(): MnemeshError {
  return new MnemeshError('closed', 'This mesh is closed. Open it again.');
}
