import {
  type CloseCode,
  closeCodes,
  type Frame,
  type FrameOf,
  hasCode,
  type Link,
  type LinkHandler,
  MessageAssembler,
  MnemeshError,
  type Namespace,
  PROTOCOL_VERSION,
  type Runtime,
  type UnknownFrame,
} from '@mnemesh/protocol';
import { type DocumentState, decodeState } from '@mnemesh/segment';
import { announcedProtocol } from './hello-version.js';
import { IntroducedDocuments } from './introduced-documents.js';
import { Lane } from './lane.js';
import { LinkWriter } from './link-writer.js';
import type { MeshHub } from './mesh-hub.js';
import type { MeshLink } from './mesh-link.js';
import { PushIntake } from './push-intake.js';
import { RateLimit } from './rate-limit.js';
import {
  encodeRefusal,
  type Refusal,
  refusalOf,
  refuseFork,
  refuseProtocol,
  speaks,
} from './refusal.js';
import type { MutableCounters } from './relay-counters.js';
import type { RelayLimits } from './relay-limits.js';
import { StoredSender } from './stored-sender.js';
import { Subscription } from './subscription.js';
import type { DocumentName } from './update-log.js';

type Hello = FrameOf<'hello'>;

export interface RelaySessionOptions {
  readonly link: Link;
  readonly runtime: Runtime;
  readonly limits: RelayLimits;
  readonly counters: MutableCounters;
  /** Opens the hub of a mesh and counts this session as a user of it. */
  readonly openHub: (mesh: Hello['mesh']) => Promise<MeshHub>;
  /** The session is over; `hub` is the one it used. */
  readonly ended: (session: RelaySession, hub: MeshHub | undefined) => void;
}

/** What an admitted session works with. */
interface Admitted {
  readonly hub: MeshHub;
  readonly introduced: IntroducedDocuments;
  readonly intake: PushIntake;
  readonly sender: StoredSender;
}

type Phase = 'greeting' | 'greeted' | 'subscribed' | 'live' | 'closed';

/** One link at the relay: handshake, subscription, what it lacks, then pushes and forwards. */
export class RelaySession implements LinkHandler, MeshLink {
  readonly #options: RelaySessionOptions;
  readonly #writer: LinkWriter;
  readonly #assembler = new MessageAssembler();
  /** Frames, handled strictly in order. */
  readonly #inbound: Lane;
  /** Stored updates to send: the resume, then requested documents. Pushes do not wait for them. */
  readonly #outbound: Lane;
  readonly #opened: number;
  readonly #signals: RateLimit;
  readonly #presence: RateLimit;
  #phase: Phase = 'greeting';
  /** Scrubs and ends under way. */
  #scrubs = 0;
  #greeted = false;
  #hub: MeshHub | undefined;
  #serves: MeshLink['serves'];
  #admitted: Admitted | undefined;
  #subscription: Subscription | undefined;
  #heard: number;
  /** An ack that came before the link was live. */
  #heldAck: { readonly received: number; readonly sent: number } | undefined;

  constructor(options: RelaySessionOptions) {
    const { link, runtime, limits } = options;
    this.#options = options;
    this.#opened = runtime.now();
    this.#heard = this.#opened;
    this.#writer = new LinkWriter({ link, runtime, limits, tooSlow: () => this.#dropSlow() });
    this.#signals = new RateLimit(runtime, limits.linkSignals);
    this.#presence = new RateLimit(runtime, limits.linkPresence);
    const failed = (error: unknown) => this.#fail(error);
    this.#inbound = new Lane({ steps: limits.inboundFrames, bytes: limits.inboundBytes }, failed);
    this.#outbound = new Lane({ steps: limits.requests, bytes: limits.requestBytes }, failed);
  }

  get live(): boolean {
    return this.#phase === 'live';
  }

  get serves(): MeshLink['serves'] {
    return this.#serves;
  }

  superseded(nonce: string): void {
    if (this.#serves?.nonce === nonce) {
      this.close(closeCodes.goingAway, 'This replica has connected again.');
      return;
    }
    this.#options.counters.forkedStores++;
    this.#refuse(refuseFork);
  }

  get handled(): number {
    return this.#admitted?.intake.handled ?? 0;
  }

  get forwarded(): number {
    return this.#writer.pushes;
  }

  received(bytes: Uint8Array): void {
    if (this.#isClosed()) return;
    this.#heard = this.#options.runtime.now();
    let message: Frame | UnknownFrame | undefined;
    try {
      message = this.#assembler.receive(bytes);
    } catch (error) {
      this.#refuseBytes(bytes, error);
      return;
    }
    if (message === undefined) return;
    const frame = message;
    if (frame.type === 'unknown') this.#options.counters.unknownFrames++;
    else if (!this.#inbound.add(bytes.length, () => this.#handle(frame))) {
      this.close(closeCodes.overloaded, 'Frames come faster than the relay can handle them.');
    }
  }

  closed(_code: number, _reason: string): void {
    this.#end();
  }

  subscribes(namespace: Namespace): boolean {
    return this.#subscription?.includes(namespace) === true;
  }

  forward(document: DocumentName, update: Uint8Array): void {
    this.#writer.push(document, update);
  }

  durable(received: number, sent: number, number: number): void {
    if (this.live) this.#writer.send({ type: 'durable', received, sent, number });
    // Its number would claim that everything before it was sent; `#resumed` sends it.
    else this.#heldAck = { received, sent };
  }

  presence(presence: Uint8Array): void {
    const { link, limits, counters } = this.#options;
    if (link.bufferedBytes > limits.presenceBehindBytes) counters.droppedPresence++;
    else this.#writer.send({ type: 'presence', presence });
  }

  signal(signal: Uint8Array): void {
    const { link, limits, counters } = this.#options;
    if (link.bufferedBytes > limits.presenceBehindBytes) counters.droppedSignals++;
    else this.#writer.send({ type: 'signal', signal });
  }

  /** Whoever ended them says so in the directory. */
  documentsEnded(): void {}

  /** Looks after the heartbeat and the deadlines; the relay calls it every `sweepMs`. */
  sweep(): void {
    const { runtime, limits, counters } = this.#options;
    const now = runtime.now();
    if (!this.#greeted && now - this.#opened > limits.helloMs) {
      this.close(closeCodes.badFrame, 'No hello came.');
    } else if (now - this.#heard > limits.silentMs) {
      counters.silentPeers++;
      this.close(closeCodes.silent, `Nothing was heard for ${limits.silentMs} ms.`);
    } else if (now - this.#writer.lastSent > limits.pingAfterMs) {
      this.#writer.send({ type: 'ping' });
    }
  }

  close(code: CloseCode, reason: string): void {
    if (this.#isClosed()) return;
    this.#end();
    this.#options.link.close(code, reason);
  }

  /** Resolves when nothing of this closed session runs any more. */
  async ended(): Promise<void> {
    await Promise.all([this.#inbound.ended(), this.#outbound.ended()]);
  }

  #handle(frame: Frame): Promise<void> | undefined {
    if (this.#isClosed()) return undefined;
    if (frame.type === 'hello') return this.#greet(frame);
    if (this.#admitted === undefined) {
      throw new MnemeshError('bad_frame', `A link begins with hello, not with ${frame.type}.`);
    }
    if (frame.type === 'push') {
      this.#expectSubscribed();
      return this.#admitted.intake.take(frame, this.#admitted.introduced.get(frame.document));
    }
    if (frame.type === 'claim') return this.#claim(frame, this.#admitted);
    this.#take(frame, this.#admitted);
    return undefined;
  }

  /** Frames that are done with at once. */
  #take(frame: Exclude<Frame, Hello | FrameOf<'push' | 'claim'>>, admitted: Admitted): void {
    const { counters, runtime, link } = this.#options;
    switch (frame.type) {
      case 'subscribe':
        this.#subscribe(frame, admitted);
        break;
      case 'introduce':
        admitted.introduced.add(frame);
        break;
      // A gap in what was forwarded is mended like any other lack.
      case 'state':
      case 'gap':
        this.#request(admitted, frame.document, frame.state);
        break;
      case 'presence':
        if (this.#presence.take()) admitted.hub.presence(frame.presence, this);
        else counters.droppedPresence++;
        break;
      case 'signal':
        if (this.#signals.take()) admitted.hub.signal(frame.signal, this);
        else counters.droppedSignals++;
        break;
      case 'scrub':
        this.#scrub(frame, admitted);
        break;
      case 'end':
        this.#endSegments(frame, admitted);
        break;
      case 'ping':
        this.#writer.send({ type: 'pong' });
        break;
      case 'pong':
        break;
      case 'error':
        runtime.log('debug', 'A replica reported an error.', { peer: link.peer, ...frame });
        break;
      default:
        counters.unexpectedFrames++;
    }
  }

  /** In its turn among the link's frames: a claim is judged after the pushes that came before it. */
  async #claim(frame: FrameOf<'claim'>, { hub }: Admitted): Promise<void> {
    this.#expectSubscribed();
    const answer = await hub.claim(frame);
    if (!this.#isClosed()) this.#writer.send(answer);
  }

  async #greet({ protocol, mesh, replica, opened }: Hello): Promise<void> {
    if (this.#greeted) throw new MnemeshError('bad_frame', 'A second hello came.');
    this.#greeted = true;
    if (!speaks(protocol)) {
      this.#refuse(refuseProtocol(protocol));
      return;
    }
    const hub = await this.#options.openHub(mesh);
    if (this.#isClosed()) {
      this.#options.ended(this, hub);
      return;
    }
    this.#hub = hub;
    this.#serves = { replica, nonce: opened.nonce };
    const sameStore = await hub.admit(replica, opened);
    if (this.#isClosed()) return;
    if (sameStore) this.#admit(hub);
    else {
      this.#options.counters.forkedStores++;
      this.#refuse(refuseFork);
    }
  }

  #admit(hub: MeshHub): void {
    const { limits, counters } = this.#options;
    this.#admitted = {
      hub,
      introduced: new IntroducedDocuments(hub.mesh, limits.meshDocuments),
      intake: new PushIntake(hub, this.#writer, this, counters),
      sender: new StoredSender(hub, this.#writer, this, limits),
    };
    this.#phase = 'greeted';
    hub.join(this);
    this.#writer.send({
      type: 'welcome',
      protocol: PROTOCOL_VERSION,
      incarnation: hub.incarnation,
      head: hub.head,
      challenge: new Uint8Array(0),
    });
  }

  #subscribe({ globs, cursor }: FrameOf<'subscribe'>, admitted: Admitted): void {
    if (this.#phase !== 'greeted') {
      throw new MnemeshError('bad_frame', 'A second subscription came; one link has one.');
    }
    this.#phase = 'subscribed';
    this.#subscription = new Subscription(globs, this.#options.limits.rememberedNamespaces);
    const { hub, sender } = admitted;
    this.#outbound.add(0, () => sender.resume(cursor, () => this.#resumed(hub)));
  }

  /** Everything up to the head was sent or named: from here on the link is live. */
  #resumed(hub: MeshHub): void {
    this.#phase = 'live';
    const ack = this.#heldAck;
    if (ack !== undefined) this.durable(ack.received, ack.sent, hub.head);
    hub.forwardPending(this);
  }

  #request({ introduced, sender }: Admitted, document: number, encoded: Uint8Array): void {
    this.#expectSubscribed();
    const name = introduced.get(document);
    const known = parseState(encoded);
    if (!this.#outbound.add(encoded.length, () => sender.answer(name, known))) {
      throw new MnemeshError('overloaded', 'Too many requests wait on this link.');
    }
  }

  #scrub({ request, document, state }: FrameOf<'scrub'>, { hub, introduced }: Admitted): void {
    this.#expectSubscribed();
    const name = introduced.get(document);
    this.#later(hub.scrub(name, parseState(state)), { type: 'scrubbed', request });
  }

  #endSegments({ request, ...end }: FrameOf<'end'>, { hub }: Admitted): void {
    this.#expectSubscribed();
    this.#later(hub.end(end), { type: 'ended', request });
  }

  /** Answers when the work is done, and not at all when it could not be; the link does not wait for it. */
  #later(work: Promise<boolean>, answer: Frame): void {
    if (this.#scrubs >= this.#options.limits.linkScrubs)
      throw new MnemeshError('overloaded', 'Too many scrubs are under way on this link.');
    this.#scrubs++;
    work
      .then((isDone) => {
        if (isDone && !this.#isClosed()) this.#writer.send(answer);
      })
      .catch((error) => this.#fail(error))
      .finally(() => this.#scrubs--);
  }

  #expectSubscribed(): void {
    if (this.#phase === 'greeted') throw new MnemeshError('bad_frame', 'Subscribe first.');
  }

  #isClosed(): boolean {
    return this.#phase === 'closed';
  }

  /** What a later protocol calls hello may not decode here; its version number still does. */
  #refuseBytes(bytes: Uint8Array, error: unknown): void {
    const protocol = this.#greeted ? undefined : announcedProtocol(bytes);
    if (protocol !== undefined && !speaks(protocol)) this.#refuse(refuseProtocol(protocol));
    else this.#fail(error);
  }

  #fail(error: unknown): void {
    if (this.#isClosed()) return;
    const { counters, runtime, link } = this.#options;
    if (hasCode(error, 'bad_frame')) counters.badFrames++;
    else runtime.log('warn', 'A link failed.', { peer: link.peer, reason: String(error) });
    this.#refuse(refusalOf(error));
  }

  #refuse(refusal: Refusal): void {
    this.#options.link.send(encodeRefusal(refusal));
    this.close(refusal.closeCode, refusal.message);
  }

  #dropSlow(): void {
    this.#options.counters.slowPeers++;
    this.close(
      closeCodes.tooSlow,
      'This peer takes frames too slowly; it resumes from its cursor.',
    );
  }

  #end(): void {
    if (this.#isClosed()) return;
    this.#phase = 'closed';
    this.#writer.close();
    this.#inbound.stop();
    this.#outbound.stop();
    this.#hub?.leave(this);
    this.#options.ended(this, this.#hub);
  }
}

/** @throws MnemeshError `bad_frame` */
function parseState(encoded: Uint8Array): DocumentState {
  try {
    return decodeState(encoded);
  } catch (cause) {
    throw new MnemeshError('bad_frame', 'These bytes are no document state.', { cause });
  }
}
