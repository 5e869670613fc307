import {
  type CatalogEntry,
  closeCodes,
  type End,
  type Frame,
  type FrameOf,
  type Guid,
  type Incarnation,
  type Link,
  type LinkHandler,
  MnemeshError,
  PROTOCOL_VERSION,
  type Runtime,
} from '@mnemesh/protocol';
import {
  type DocumentState,
  decodeState,
  emptyState,
  encodeState,
  stateCovers,
  uniteStates,
} from '@mnemesh/segment';
import type { SegmentPlace } from '../documents/segment-place.js';
import type { ChangeOrigin, SegmentEvent } from '../documents/segment-surroundings.js';
import type { Segments } from '../documents/segments.js';
import type { RelayCursor } from '../ports/index.js';
import type { ClaimAnswer, ClaimAsked } from '../tasks/strict-claim.js';
import { Timers } from '../timers.js';
import { Backfill, type Reach } from './backfill.js';
import { compareCatalog } from './catalog.js';
import { ClaimRequests, unavailable } from './claim-requests.js';
import type { Exchange } from './exchange.js';
import { FramedLink } from './framed-link.js';
import type { OtherFrame } from './inbox.js';
import { LinkDocuments } from './link-documents.js';
import type { LinkOwner } from './link-owner.js';
import type { RelayKnowledge } from './relay-knowledge.js';
import { RelayRequests } from './relay-requests.js';
import { syncLimits } from './sync-limits.js';

/** What a link to a relay takes from its replica. */
export interface RelayLinkParts {
  readonly link: Link;
  readonly runtime: Runtime;
  readonly segments: Segments;
  readonly knowledge: RelayKnowledge;
  readonly owner: LinkOwner;
  readonly reach: Reach;
}

/**
 * This replica's end of a link to a relay: resumes the log from the cursor, fetches what the
 * cursor does not cover, then pushes what the relay lacks and follows what it forwards.
 */
export class RelayLink {
  readonly id: number;
  /** Of the relay. */
  readonly address: string;
  readonly framed: FramedLink;
  readonly #timers: Timers;
  readonly #segments: Segments;
  readonly #knowledge: RelayKnowledge;
  readonly #owner: LinkOwner;
  readonly #documents: LinkDocuments;
  readonly #exchange: Exchange;
  readonly #backfill: Backfill;
  readonly #catalog: CatalogEntry[] = [];
  readonly #touched = new Set<Guid>();
  /** Documents that are to be asked for in a moment. */
  readonly #asking = new Set<Guid>();
  readonly #requests = new RelayRequests((frame) => this.framed.send(frame));
  readonly #claims: ClaimRequests;
  #incarnation: Incarnation | undefined;
  #resumed = false;

  constructor(id: number, address: string, parts: RelayLinkParts) {
    const { link, runtime, segments, knowledge, owner, reach } = parts;
    this.id = id;
    this.address = address;
    this.framed = new FramedLink(link, runtime);
    this.#timers = new Timers(runtime);
    this.#claims = new ClaimRequests(this.#timers, (frame) => this.framed.send(frame));
    this.#segments = segments;
    this.#knowledge = knowledge;
    this.#owner = owner;
    this.#documents = new LinkDocuments({
      framed: this.framed,
      runtime,
      timers: this.#timers,
      segments,
      known: knowledge.known,
      owner,
      offer: (place) => this.#offer(place),
      compare: (place) => this.#askIn(syncLimits.foreignDelayMs, place),
      offered: () => owner.changed(this),
    });
    this.#exchange = this.#documents.exchange;
    this.#backfill = new Backfill(segments, knowledge, this.#documents, reach);
  }

  /** Resolves when nothing that `state` says is deleted lies at the relay any more. @throws MnemeshError `relay_unavailable` */
  scrub(place: SegmentPlace, state: DocumentState): Promise<void> {
    const document = this.#exchange.number(place);
    return this.#requests.ask({ type: 'scrub', document, state: encodeState(state) });
  }

  /** Resolves when the relay keeps this end, and nothing that it ended. @throws MnemeshError `relay_unavailable` */
  end(end: End): Promise<void> {
    return this.#requests.ask({ type: 'end', ...end });
  }

  get peer(): undefined {
    return undefined;
  }

  get kind(): 'relay' {
    return 'relay';
  }

  /** The relay answered, and its log has been read up to now. */
  get ready(): boolean {
    return this.#resumed;
  }

  /** Both ends hold the same, as far as anybody can know. */
  get inStep(): boolean {
    return this.#resumed && this.#documents.settled && this.#asking.size === 0;
  }

  holdsSame(guid: Guid): boolean {
    return (
      this.#resumed &&
      !this.#knowledge.isAwaited(guid) &&
      this.#exchange.isQuiet(guid) &&
      !this.#documents.isAsked(guid) &&
      !this.#asking.has(guid) &&
      !this.#documents.isDelayed(guid)
    );
  }

  tell(presence: Uint8Array): boolean {
    return this.framed.tell(presence);
  }

  ended(guid: Guid): void {
    this.#documents.drop(guid);
  }

  flush(): void {
    this.#documents.flush();
  }

  start(): LinkHandler {
    const handler = this.framed.attach({
      handle: (frame) => this.#handle(frame),
      updates: (frames) => this.#take(frames),
      pushes: (frames) => this.#forwarded(frames),
      closed: (code, reason) => {
        this.#requests.end();
        this.#claims.end();
        this.#timers.end();
        if (!this.#resumed && this.#touched.size > 0) this.#knowledge.interrupted();
        this.#owner.closed(this, code, reason);
      },
    });
    this.framed.send(this.#owner.hello());
    const { globs, key } = this.#owner.subscription;
    const cursor = this.#knowledge.cursor(key);
    this.framed.send({
      type: 'subscribe',
      globs,
      cursor:
        cursor === undefined
          ? undefined
          : { incarnation: cursor.incarnation, number: cursor.number },
    });
    this.#owner.greeted(this);
    return handler;
  }

  /** A change was saved here: the relay should hold it too. */
  changed(event: SegmentEvent): void {
    const { place } = event.segment;
    if (!this.#resumed || !this.#owner.shares(place) || this.#owner.isOver(place)) return;
    this.#documents.changed(event);
  }

  /** Fetch this document now, beyond the reach. */
  fetch(place: SegmentPlace): void {
    if (this.#resumed) this.#documents.ask(place);
  }

  /** A strict claim, once this end has read all that the relay knows of the task. @throws MnemeshError `relay_unavailable`, `overloaded` */
  async claim(asked: ClaimAsked, { guid }: SegmentPlace): Promise<ClaimAnswer> {
    if (this.#resumed && !this.#knowledge.isAwaited(guid) && !this.#documents.isAsked(guid))
      return this.#claims.ask(asked);
    throw unavailable('What the relay knows of this task is still being fetched.');
  }

  async #handle(frame: OtherFrame): Promise<void> {
    if (frame.type !== 'welcome' && frame.type !== 'error') this.#checkWelcome(frame);
    switch (frame.type) {
      case 'welcome':
        return this.#welcome(frame);
      case 'introduce':
        return this.#exchange.introduced(frame, (place) => this.#owner.shares(place));
      case 'catalog':
        this.#catalog.push(...frame.documents);
        return;
      case 'resumed':
        return this.#resume(frame);
      case 'held':
        return this.#held(frame);
      case 'durable':
        return this.#durable(frame);
      case 'gap':
        return this.#exchange.gap(frame);
      case 'denied':
        return this.#exchange.denied(frame);
      case 'scrubbed':
      case 'ended':
        return this.#requests.answered(frame.request);
      case 'claimed':
        return this.#claims.answered(frame);
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

  #welcome({ protocol, incarnation }: FrameOf<'welcome'>): void {
    if (protocol !== PROTOCOL_VERSION) {
      const message = `The relay speaks protocol ${protocol}, this replica ${PROTOCOL_VERSION}. Update the older one.`;
      this.framed.fail(closeCodes.unknownProtocol, new MnemeshError('unknown_protocol', message));
      return;
    }
    this.#incarnation = incarnation;
    this.#owner.admitted(this);
  }

  async #resume({ incarnation, number, whole }: FrameOf<'resumed'>): Promise<void> {
    const cursor = this.#cursorAt(incarnation, number);
    if (whole) await this.#knowledge.advance(cursor, [...this.#touched]);
    else await this.#restart(cursor);
    this.#catalog.length = 0;
    this.#touched.clear();
    this.#resumed = true;
    for (const place of this.#segments.heads.unackedPlaces()) {
      if (this.#owner.shares(place) && !this.#knowledge.isAwaited(place.guid)) this.#offer(place);
    }
    this.#backfill.next();
    this.#owner.changed(this);
  }

  /** Compares the relay's catalog with what is here. Equal documents are done; the others are awaited. */
  async #restart(cursor: RelayCursor): Promise<void> {
    const { awaited, equal } = await compareCatalog(this.#catalog, this.#segments, this.#owner);
    await this.#knowledge.restart(cursor, awaited);
    for (const { guid, state } of equal) this.#knowledge.known.add(guid, state);
    const guids = equal.map(({ guid }) => guid);
    await this.#knowledge.advance(undefined, guids);
    this.#owner.advanced(guids);
  }

  /** Committed at the relay, and new here. */
  async #take(frames: readonly FrameOf<'update'>[]): Promise<void> {
    const [first] = frames as readonly [FrameOf<'update'>];
    this.#checkWelcome(first);
    if (this.#owner.isOver(this.#exchange.place(first.document))) return;
    const { place, states, missed } = await this.#receive(frames);
    // Meanwhile another link may have found that the relay lost what this one knew of it.
    if (!this.framed.open) return;
    if (missed > 0) await this.#missed(place, missed);
    const taken = states.filter((state) => state !== undefined);
    if (taken.length === 0) return;
    const state = taken.reduce(uniteStates);
    this.#exchange.presume(place, state);
    this.#knowledge.known.add(place.guid, state);
    this.#touched.add(place.guid);
    this.#owner.advanced([place.guid]);
  }

  /** Another replica's pushes, not committed yet. Those to a document that is awaited come again with its state. */
  async #forwarded(frames: readonly FrameOf<'push'>[]): Promise<void> {
    const [first] = frames as readonly [FrameOf<'push'>];
    this.#checkWelcome(first);
    const named = this.#exchange.place(first.document);
    if (this.#knowledge.isAwaited(named.guid) || this.#owner.isOver(named)) return;
    const { place, states, missed } = await this.#receive(frames);
    for (const [i, { number }] of frames.entries()) {
      const state = states[i];
      if (state !== undefined) this.#exchange.forwarded(place, number, state);
    }
    if (missed > 0) await this.#missed(place, missed);
  }

  /**
   * Takes in updates of one document.
   * @returns `states`: what each brings, undefined where it does not follow on what is held; `missed`: bytes of those
   */
  async #receive(frames: readonly (FrameOf<'update'> | FrameOf<'push'>)[]): Promise<{
    readonly place: SegmentPlace;
    readonly states: readonly (DocumentState | undefined)[];
    readonly missed: number;
  }> {
    const place = this.#exchange.place((frames[0] as FrameOf<'update'>).document);
    const updates = frames.map(({ update }) => update);
    const { states } = await this.#segments.use(place, (segment) =>
      segment.receive(updates, this.#origin, { deferred: true }),
    );
    const missed = updates.filter((_, i) => states[i] === undefined);
    return { place, states, missed: missed.reduce((bytes, { length }) => bytes + length, 0) };
  }

  #checkWelcome({ type }: Pick<Frame, 'type'>): void {
    if (this.#incarnation === undefined)
      throw new MnemeshError('bad_frame', `${type} came before welcome.`);
  }

  async #held({ document, state }: FrameOf<'held'>): Promise<void> {
    const place = this.#exchange.place(document);
    if (this.#owner.isOver(place)) {
      this.#documents.answered(place.guid);
      return this.#backfill.next();
    }
    const held = decodeState(state);
    const own = await this.#segments.stateOf(place);
    if (!this.framed.open) return;
    this.#documents.answered(place.guid);
    if (!stateCovers(own, held)) {
      // what arrived left a hole: the relay was folding, or a frame was refused; ask again, later
      this.#askIn(syncLimits.stateRetryMs, place);
      return;
    }
    this.#knowledge.known.add(place.guid, held);
    await this.#knowledge.arrived(place.guid);
    this.#exchange.goLive(place, held);
    this.#owner.advanced([place.guid]);
    this.#owner.compared(place);
    this.#backfill.next();
  }

  async #durable(frame: FrameOf<'durable'>): Promise<void> {
    if (!this.#resumed) throw new MnemeshError('bad_frame', 'An ack came before the resume ended.');
    const guids = this.#exchange.durable(frame);
    await this.#knowledge.advance(
      this.#cursorAt(this.#incarnation as Incarnation, frame.number),
      guids,
    );
    this.#owner.advanced(guids);
    for (const guid of guids) {
      const place = this.#segments.placeOf(guid);
      if (place !== undefined) this.#owner.compared(place);
    }
  }

  #offer(place: SegmentPlace): void {
    if (this.#owner.isOver(place)) return;
    if (this.#knowledge.isAwaited(place.guid)) this.#documents.ask(place);
    else if (this.#exchange.isLive(place.guid)) this.#exchange.offer(place);
    else this.#exchange.goLive(place, emptyState);
  }

  /** The cursor will pass over this update, so from now on the document is awaited. */
  async #missed(place: SegmentPlace, bytes: number): Promise<void> {
    await this.#knowledge.await({ ...place, bytes });
    this.#exchange.suspend(place);
    this.#documents.ask(place);
  }

  #askIn(delayMs: number, place: SegmentPlace): void {
    this.#asking.add(place.guid);
    this.#timers.after(delayMs, () => {
      this.#asking.delete(place.guid);
      this.#documents.ask(place);
    });
  }

  #cursorAt(incarnation: Incarnation, number: number): RelayCursor {
    return { incarnation, number, subscription: this.#owner.subscription.key };
  }

  get #origin(): ChangeOrigin {
    return { link: this.id };
  }
}
