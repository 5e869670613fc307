import {
  type Cancel,
  type CatalogEntry,
  closeCodes,
  type FrameOf,
  type Guid,
  type Link,
  type LinkHandler,
  type LinkKind,
  limits,
  MnemeshError,
  matchesAny,
  PROTOCOL_VERSION,
  type ReplicaId,
  type Runtime,
} from '@mnemesh/protocol';
import { decodeState, encodeState, hashState } from '@mnemesh/segment';
import type { SegmentPlace } from '../documents/segment-place.js';
import type { ChangeOrigin, SegmentEvent } from '../documents/segment-surroundings.js';
import type { Segments } from '../documents/segments.js';
import { Timers } from '../timers.js';
import { hashCatalog } from './catalog.js';
import type { Exchange } from './exchange.js';
import { FramedLink } from './framed-link.js';
import type { OtherFrame } from './inbox.js';
import { KnownStates } from './known-states.js';
import { LinkDocuments } from './link-documents.js';
import type { LinkOwner } from './link-owner.js';
import { syncLimits } from './sync-limits.js';

/**
 * This replica's end of a link to another replica. Both ends do the same: compare one hash over
 * everything, then hashes by document, then states of those that differ, then push differences.
 */
export class PeerLink {
  readonly id: number;
  readonly kind: LinkKind;
  readonly framed: FramedLink;
  readonly #timers: Timers;
  readonly #segments: Segments;
  readonly #owner: LinkOwner;
  readonly #documents: LinkDocuments;
  readonly #exchange: Exchange;
  readonly #known = new KnownStates();
  /** Changed after the summary was taken and before the catalogs were compared. */
  readonly #early = new Map<Guid, SegmentPlace>();
  readonly #theirs: CatalogEntry[] = [];
  /** Compared by their hashes, and not changed since. */
  readonly #equal = new Set<Guid>();
  /** They differ, and it is for the peer to ask for what it lacks of them. */
  readonly #unasked = new Set<Guid>();
  #ours: readonly CatalogEntry[] = [];
  /** The id that the peer knows this end by: a copied store may get another one while the link lasts. */
  #said: ReplicaId | undefined;
  #peer: ReplicaId | undefined;
  #globs: readonly string[] = [];
  #summary: string | undefined;
  #ready = false;
  #waiting: Cancel = () => undefined;
  #saved: Promise<void> = Promise.resolve();

  constructor(id: number, link: Link, runtime: Runtime, segments: Segments, owner: LinkOwner) {
    this.id = id;
    this.kind = link.kind;
    this.framed = new FramedLink(link, runtime);
    this.#timers = new Timers(runtime);
    this.#segments = segments;
    this.#owner = owner;
    this.#documents = new LinkDocuments({
      framed: this.framed,
      runtime,
      timers: this.#timers,
      segments,
      known: this.#known,
      owner,
      offer: (place) => this.#offer(place),
      compare: (place) => this.#documents.ask(place),
      offered: () => owner.changed(this),
    });
    this.#exchange = this.#documents.exchange;
  }

  get peer(): ReplicaId | undefined {
    return this.#peer;
  }

  get ready(): boolean {
    return this.#ready;
  }

  get inStep(): boolean {
    return this.#ready && this.#unasked.size === 0 && this.#documents.settled;
  }

  holdsSame(guid: Guid): boolean {
    return (
      (this.#exchange.isLive(guid) || this.#equal.has(guid)) &&
      this.#exchange.isQuiet(guid) &&
      !this.#documents.isAsked(guid) &&
      !this.#documents.isDelayed(guid)
    );
  }

  tell(presence: Uint8Array): boolean {
    return this.framed.tell(presence);
  }

  ended(guid: Guid): void {
    this.#equal.delete(guid);
    this.#unasked.delete(guid);
    this.#documents.drop(guid);
  }

  flush(): void {
    this.#documents.flush();
  }

  start(): LinkHandler {
    const handler = this.framed.attach({
      handle: (frame) => this.#handle(frame),
      updates: async () => undefined, // a peer's documents come as pushes
      pushes: (frames) => this.#take(frames),
      closed: (code, reason) => {
        this.#timers.end();
        this.#owner.closed(this, code, reason);
      },
    });
    const hello = this.#owner.hello();
    this.#said = hello.replica;
    this.framed.send(hello);
    this.#await(syncLimits.handshakeMs, 'the peer did not say who it is');
    this.framed.send({
      type: 'subscribe',
      globs: this.#owner.subscription.globs,
      cursor: undefined,
    });
    return handler;
  }

  changed(event: SegmentEvent): void {
    const { place } = event.segment;
    this.#equal.delete(place.guid);
    if (!this.#ready) this.#early.set(place.guid, place);
    else if (this.#shares(place)) this.#documents.changed(event);
  }

  fetch(place: SegmentPlace): void {
    if (this.#ready && this.#shares(place)) this.#documents.ask(place);
  }

  async #handle(frame: OtherFrame): Promise<void> {
    switch (frame.type) {
      case 'hello':
        return this.#hello(frame);
      case 'subscribe':
        return this.#subscribed(frame);
      case 'summary':
        return this.#summarized(frame);
      case 'catalog':
        return this.#listed(frame);
      case 'introduce':
        return this.#exchange.introduced(frame, (place) => this.#takes(place));
      case 'state':
        return this.#answer(frame);
      case 'held':
        return this.#held(frame);
      case 'durable':
        return this.#owner.advanced(this.#exchange.durable(frame));
      case 'gap':
        return this.#exchange.gap(frame);
      case 'denied':
        return this.#exchange.denied(frame);
      case 'signal':
        return this.#owner.signaled(this, frame.signal);
      case 'presence':
        return this.#owner.presence(this, frame.presence);
      case 'error':
        return this.#owner.refused(this, frame);
      default:
        return;
    }
  }

  #hello({ protocol, mesh, replica }: FrameOf<'hello'>): void {
    if (protocol !== PROTOCOL_VERSION) {
      const message = `The peer speaks protocol ${protocol}, this replica ${PROTOCOL_VERSION}. Update the older one.`;
      this.framed.fail(closeCodes.unknownProtocol, new MnemeshError('unknown_protocol', message));
    } else if (mesh !== this.#segments.mesh) {
      this.framed.fail(
        closeCodes.wrongMesh,
        new MnemeshError('wrong_mesh', `The peer belongs to the mesh "${mesh}".`),
      );
    } else if (replica === this.#owner.hello().replica) {
      this.#parted();
    } else {
      this.#peer = replica;
    }
  }

  /** One of the two stores is a copy of the other, and neither can tell which: both go on as new replicas. */
  #parted(): void {
    const error = new MnemeshError('store_forked', 'Both ends of this link are one replica.');
    this.framed.fail(closeCodes.storeForked, error);
    this.#owner.refused(this, { type: 'error', code: error.code, message: error.message });
  }

  /** A peer that answers pings and says nothing else would keep this replica from ever being in step. */
  #await(ms: number, late: string): void {
    this.#waiting();
    this.#waiting = this.#timers.after(ms, () => this.framed.close(closeCodes.silent, late));
  }

  async #subscribed({ globs }: FrameOf<'subscribe'>): Promise<void> {
    if (this.#peer === undefined) throw new MnemeshError('bad_frame', 'hello must come first.');
    this.#globs = globs;
    this.#owner.admitted(this);
    this.#await(syncLimits.comparisonMs, 'the peer did not say what it holds');
    const ours: CatalogEntry[] = [];
    for (const place of this.#segments.places()) {
      if (!this.#shares(place)) continue;
      const { namespace, segment } = place;
      ours.push({
        namespace,
        segment,
        bytes: 0,
        hash: hashState(await this.#segments.stateOf(place)),
      });
    }
    this.#ours = ours;
    this.#summary = hashCatalog(ours);
    this.framed.send({ type: 'summary', hash: this.#summary });
  }

  #summarized({ hash }: FrameOf<'summary'>): void {
    if (hash === this.#summary) {
      for (const entry of this.#ours) this.#isEqual(entry);
      this.#beReady();
      return;
    }
    for (let at = 0; at <= this.#ours.length; at += limits.catalogDocuments) {
      this.framed.send({
        type: 'catalog',
        documents: this.#ours.slice(at, at + limits.catalogDocuments),
      });
    }
  }

  /** A catalog frame that is not full is the last one. */
  #listed({ documents }: FrameOf<'catalog'>): void {
    if (this.#ready || this.#peer === undefined)
      throw new MnemeshError('bad_frame', 'A catalog comes once, after hello.');
    this.#theirs.push(...documents);
    if (this.#theirs.length > limits.linkDocuments)
      throw new MnemeshError('bad_frame', 'The catalog lists more documents than a link carries.');
    if (documents.length === limits.catalogDocuments) return;
    const ours = new Map(
      this.#ours.map((entry) => [`${entry.namespace}\n${entry.segment}`, entry.hash]),
    );
    for (const { namespace, segment } of this.#ours) {
      const place = this.#segments.place(namespace, segment);
      // What is over since then is asked for by nobody.
      if (!this.#owner.isOver(place)) this.#unasked.add(place.guid);
    }
    for (const { namespace, segment, hash } of this.#theirs) {
      const place = this.#segments.place(namespace, segment);
      const own = ours.get(`${namespace}\n${segment}`);
      const asks = own === undefined || (this.#said as ReplicaId) < this.#peer;
      if (own === hash) this.#isEqual(place);
      if (own === hash || asks) this.#unasked.delete(place.guid);
      if (own === hash || !this.#owner.wants(place) || this.#owner.isOver(place)) continue;
      // One of the two asks; it is answered with what it lacks and then pushes what the other lacks.
      if (asks) this.#documents.ask(place);
    }
    this.#theirs.length = 0;
    this.#beReady();
  }

  /** What changed since it was listed is compared anew. */
  #isEqual({ namespace, segment }: Pick<SegmentPlace, 'namespace' | 'segment'>): void {
    const { guid } = this.#segments.place(namespace, segment);
    if (!this.#early.has(guid)) this.#equal.add(guid);
  }

  #beReady(): void {
    this.#waiting();
    this.#ready = true;
    this.#ours = [];
    for (const place of this.#early.values()) if (this.#shares(place)) this.#offer(place);
    this.#early.clear();
    this.#owner.changed(this);
  }

  async #take(frames: readonly FrameOf<'push'>[]): Promise<void> {
    const [{ document }] = frames as readonly [FrameOf<'push'>];
    const place = this.#exchange.place(document);
    if (this.#owner.isOver(place)) return this.#denyEnded(place, frames);
    this.#equal.delete(place.guid);
    const updates = frames.map(({ update }) => update);
    const { states, saved } = await this.#segments.use(place, (segment) =>
      segment.receive(updates, this.#origin),
    );
    for (const [i, { number }] of frames.entries()) {
      const state = states[i];
      if (state === undefined) await this.#refuse(place, number);
      else this.#exchange.presume(place, state);
    }
    const received = (frames.at(-1) as FrameOf<'push'>).number;
    this.#saved = this.#saved
      .then(() => saved)
      .then(
        () => this.framed.send({ type: 'durable', received, sent: 0, number: 0 }),
        (error) => this.#documents.fail(error),
      );
  }

  #denyEnded(place: SegmentPlace, frames: readonly FrameOf<'push'>[]): void {
    const document = this.#exchange.number(place);
    for (const { number } of frames)
      this.framed.send({ type: 'denied', push: number, document, reason: 'ended' });
  }

  /** A push that does not follow on what is held here. */
  async #refuse(place: SegmentPlace, push: number): Promise<void> {
    const state = encodeState(await this.#segments.stateOf(place));
    this.framed.send({ type: 'gap', push, document: this.#exchange.number(place), state });
  }

  #answer({ document, state }: FrameOf<'state'>): Promise<void> {
    const place = this.#exchange.place(document);
    this.#unasked.delete(place.guid);
    return this.#exchange.answer(place, decodeState(state));
  }

  async #held({ document, state }: FrameOf<'held'>): Promise<void> {
    const place = this.#exchange.place(document);
    this.#documents.answered(place.guid);
    if (this.#owner.isOver(place)) return;
    const held = decodeState(state);
    this.#known.add(place.guid, held);
    this.#exchange.goLive(place, held);
    await this.#owner.arrived(place);
    this.#owner.compared(place);
  }

  #offer(place: SegmentPlace): void {
    if (this.#owner.isOver(place)) return;
    if (this.#exchange.isLive(place.guid)) this.#exchange.offer(place);
    else this.#documents.ask(place);
  }

  #shares(place: SegmentPlace): boolean {
    return this.#allows(place) && !this.#owner.isOver(place);
  }

  /** What this end asked for, or the peer wants: a replica writes outside its own subscription, too. */
  #takes(place: SegmentPlace): boolean {
    return this.#allows(place) || (this.#owner.shares(place) && this.#owner.wants(place));
  }

  #allows(place: SegmentPlace): boolean {
    return this.#owner.shares(place) && matchesAny(this.#globs, place.namespace);
  }

  get #origin(): ChangeOrigin {
    return { link: this.id };
  }
}
