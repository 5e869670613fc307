import {
  type CloseCode,
  closeCodes,
  encodeFrame,
  type Frame,
  type FrameOf,
  type Guid,
  hasCode,
  type Link,
  type LinkHandler,
  MessageAssembler,
  MIN_PROTOCOL_VERSION,
  MnemeshError,
  matchesAny,
  type Namespace,
  PROTOCOL_VERSION,
  type Runtime,
  segmentGuid,
  type UnknownFrame,
  limits as wireLimits,
} from '@mnemesh/protocol';
import { decodeState, encodeState } from '@mnemesh/segment';
import type { HeldDocument } from './document-states.js';
import { announcedProtocol } from './hello-version.js';
import { Lane } from './lane.js';
import { LinkWriter } from './link-writer.js';
import type { MeshHub, MeshLink } from './mesh-hub.js';
import type { MutableCounters } from './relay-counters.js';
import type { RelayLimits } from './relay-limits.js';
import { StoredSender } from './stored-sender.js';
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
  readonly #introduced = new Map<number, DocumentName>();
  /** Documents of which a push was refused: later ones are passed over. */
  readonly #denied = new Set<Guid>();
  readonly #matches = new Map<Namespace, boolean>();
  readonly #opened: number;
  #phase: Phase = 'greeting';
  #mesh: Hello['mesh'] | undefined;
  #hub: MeshHub | undefined;
  #globs: readonly string[] = [];
  #heard: number;
  #received = 0;
  #handled = 0;
  /** An ack that came before the link was live. */
  #heldAck: { readonly received: number; readonly sent: number } | undefined;

  constructor(options: RelaySessionOptions) {
    const { link, runtime, limits } = options;
    this.#options = options;
    this.#opened = runtime.now();
    this.#heard = this.#opened;
    this.#writer = new LinkWriter({ link, runtime, limits, tooSlow: () => this.#dropSlow() });
    const failed = (error: unknown) => this.#fail(error);
    this.#inbound = new Lane({ steps: limits.inboundFrames, bytes: limits.inboundBytes }, failed);
    this.#outbound = new Lane({ steps: limits.requests, bytes: limits.requestBytes }, failed);
  }

  get live(): boolean {
    return this.#phase === 'live';
  }

  get handled(): number {
    return this.#handled;
  }

  get forwarded(): number {
    return this.#writer.pushes;
  }

  received(bytes: Uint8Array): void {
    if (this.#phase === 'closed') return;
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
    const known = this.#matches.get(namespace);
    if (known !== undefined) return known;
    if (this.#matches.size >= this.#options.limits.rememberedNamespaces) this.#matches.clear();
    const matches = matchesAny(this.#globs, namespace);
    this.#matches.set(namespace, matches);
    return matches;
  }

  forward(document: DocumentName, update: Uint8Array): void {
    this.#writer.push(document, update);
  }

  durable(received: number, sent: number, number: number): void {
    if (this.#phase === 'live') this.#writer.send({ type: 'durable', received, sent, number });
    // Its number would claim that everything before it was sent; `#resumed` sends it.
    else this.#heldAck = { received, sent };
  }

  presence(presence: Uint8Array): void {
    const { link, limits, counters } = this.#options;
    if (link.bufferedBytes > limits.presenceBehindBytes) counters.droppedPresence++;
    else this.#writer.send({ type: 'presence', presence });
  }

  /** Looks after the heartbeat and the deadlines; the relay calls it every `sweepMs`. */
  sweep(): void {
    const { runtime, limits, counters } = this.#options;
    const now = runtime.now();
    if (this.#phase === 'greeting' && now - this.#opened > limits.helloMs) {
      this.close(closeCodes.badFrame, 'No hello came.');
    } else if (now - this.#heard > limits.silentMs) {
      counters.silentPeers++;
      this.close(closeCodes.silent, `Nothing was heard for ${limits.silentMs} ms.`);
    } else if (now - this.#writer.lastSent > limits.pingAfterMs) {
      this.#writer.send({ type: 'ping' });
    }
  }

  close(code: CloseCode, reason: string): void {
    if (this.#phase === 'closed') return;
    this.#end();
    this.#options.link.close(code, reason);
  }

  /** Resolves when nothing of this closed session runs any more. */
  async ended(): Promise<void> {
    await Promise.all([this.#inbound.ended(), this.#outbound.ended()]);
  }

  #handle(frame: Frame): Promise<void> | undefined {
    if (this.#phase === 'closed') return undefined;
    if (frame.type === 'hello') return this.#greet(frame);
    if (this.#phase === 'greeting') {
      throw new MnemeshError('bad_frame', `A link begins with hello, not with ${frame.type}.`);
    }
    if (frame.type === 'push') return this.#push(frame);
    this.#take(frame);
    return undefined;
  }

  /** Frames that are done with at once. */
  #take(frame: Exclude<Frame, Hello | FrameOf<'push'>>): void {
    const { counters, runtime, link } = this.#options;
    switch (frame.type) {
      case 'subscribe':
        this.#subscribe(frame);
        break;
      case 'introduce':
        this.#introduce(frame);
        break;
      // A gap in what was forwarded is mended like any other lack.
      case 'state':
      case 'gap':
        this.#request(frame.document, frame.state);
        break;
      case 'presence':
        this.#hubOf().presence(frame.presence, this);
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

  async #greet(hello: Hello): Promise<void> {
    if (this.#mesh !== undefined) throw new MnemeshError('bad_frame', 'A second hello came.');
    if (!speaks(hello.protocol)) {
      this.#refuseProtocol(hello.protocol);
      return;
    }
    this.#mesh = hello.mesh;
    const hub = await this.#options.openHub(hello.mesh);
    this.#hub = hub;
    if (this.#isClosed()) {
      this.#options.ended(this, hub);
      return;
    }
    const sameStore = await hub.admit(hello.replica, hello.opened);
    if (this.#isClosed()) return;
    if (!sameStore) {
      this.#options.counters.forkedStores++;
      this.#refuse(
        'store_forked',
        closeCodes.storeForked,
        'This store is a copy, or was restored from an older one. It takes a new id and syncs by state.',
      );
      return;
    }
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

  #subscribe(frame: FrameOf<'subscribe'>): void {
    if (this.#phase !== 'greeted') {
      throw new MnemeshError('bad_frame', 'A second subscription came; one link has one.');
    }
    this.#phase = 'subscribed';
    this.#globs = frame.globs;
    const sender = this.#sender();
    this.#outbound.add(0, () => sender.resume(frame.cursor, () => this.#resumed()));
  }

  /** Everything up to the head was sent or named: from here on the link is live. */
  #resumed(): void {
    const hub = this.#hubOf();
    this.#phase = 'live';
    const ack = this.#heldAck;
    if (ack !== undefined) this.durable(ack.received, ack.sent, hub.head);
    hub.forwardPending(this);
  }

  #introduce(frame: FrameOf<'introduce'>): void {
    const { document, namespace, segment } = frame;
    if (this.#introduced.has(document)) {
      throw new MnemeshError('bad_frame', `Document ${document} was introduced twice.`);
    }
    if (this.#introduced.size >= this.#options.limits.meshDocuments) {
      throw new MnemeshError('overloaded', 'This link introduced too many documents.');
    }
    const guid = segmentGuid(this.#mesh as Hello['mesh'], namespace, segment);
    this.#introduced.set(document, { guid, namespace, segment });
  }

  #request(document: number, state: Uint8Array): void {
    this.#expectSubscribed();
    const name = this.#nameOf(document);
    let known: ReturnType<typeof decodeState>;
    try {
      known = decodeState(state);
    } catch (cause) {
      throw new MnemeshError('bad_frame', 'These bytes are no document state.', { cause });
    }
    const sender = this.#sender();
    if (!this.#outbound.add(state.length, () => sender.answer(name, known))) {
      throw new MnemeshError('overloaded', 'Too many requests wait on this link.');
    }
  }

  #push(frame: FrameOf<'push'>): Promise<void> | undefined {
    this.#expectSubscribed();
    if (frame.number !== this.#received + 1) {
      throw new MnemeshError(
        'bad_frame',
        `Push ${frame.number} came after push ${this.#received}.`,
      );
    }
    this.#received = frame.number;
    this.#options.counters.pushes++;
    const name = this.#nameOf(frame.document);
    const document = this.#hubOf().acquire(name);
    if (document instanceof Promise) return document.then((loaded) => this.#store(loaded, frame));
    this.#store(document, frame);
    return undefined;
  }

  #store(document: HeldDocument, frame: FrameOf<'push'>): void {
    const hub = this.#hubOf();
    try {
      if (this.#isClosed()) return;
      this.#judge(hub, document, frame);
      this.#handled = frame.number;
      hub.acknowledge(this);
    } finally {
      hub.release(document);
    }
  }

  #judge(hub: MeshHub, document: HeldDocument, frame: FrameOf<'push'>): void {
    const { counters } = this.#options;
    const { guid } = document.name;
    if (this.#denied.has(guid)) return;
    const verdict = hub.push(document, frame.update, this);
    if (verdict.kind === 'repeated') counters.repeatedPushes++;
    if (verdict.kind === 'gap') {
      counters.gaps++;
      const own = this.#writer.document(document.name);
      const state = encodeState(verdict.held);
      this.#writer.send({ type: 'gap', push: frame.number, document: own, state });
    }
    if (verdict.kind === 'denied') {
      counters.denied++;
      this.#denied.add(guid);
      const own = this.#writer.document(document.name);
      const { reason } = verdict;
      this.#writer.send({ type: 'denied', push: frame.number, document: own, reason });
    }
  }

  #sender(): StoredSender {
    return new StoredSender(this.#hubOf(), this.#writer, this, this.#options.limits);
  }

  #nameOf(document: number): DocumentName {
    const name = this.#introduced.get(document);
    if (name === undefined) {
      throw new MnemeshError('bad_frame', `Document ${document} was never introduced.`);
    }
    return name;
  }

  #hubOf(): MeshHub {
    if (this.#hub === undefined) throw new MnemeshError('bad_frame', 'Say hello first.');
    return this.#hub;
  }

  #expectSubscribed(): void {
    if (this.#phase === 'greeted') throw new MnemeshError('bad_frame', 'Subscribe first.');
  }

  #isClosed(): boolean {
    return this.#phase === 'closed';
  }

  /** What a later protocol calls hello may not decode here; its version number still does. */
  #refuseBytes(bytes: Uint8Array, error: unknown): void {
    const protocol = this.#phase === 'greeting' ? announcedProtocol(bytes) : undefined;
    if (protocol !== undefined && !speaks(protocol)) this.#refuseProtocol(protocol);
    else this.#fail(error);
  }

  #refuseProtocol(protocol: number): void {
    this.#refuse(
      'unknown_protocol',
      closeCodes.unknownProtocol,
      `This relay speaks protocol ${MIN_PROTOCOL_VERSION} to ${PROTOCOL_VERSION}, not ${protocol}. Install the same version on both ends.`,
    );
  }

  #fail(error: unknown): void {
    if (this.#phase === 'closed') return;
    const { counters, runtime, link } = this.#options;
    const message = error instanceof Error ? error.message : String(error);
    if (hasCode(error, 'bad_frame')) {
      counters.badFrames++;
      this.#refuse('bad_frame', closeCodes.badFrame, message);
    } else if (hasCode(error, 'overloaded')) {
      this.#refuse('overloaded', closeCodes.overloaded, message);
    } else {
      runtime.log('error', 'A link failed.', { peer: link.peer, reason: message });
      this.#refuse('store_failed', closeCodes.storeFailed, 'The relay could not read its log.');
    }
  }

  #refuse(code: string, closeCode: CloseCode, message: string): void {
    const text = message.slice(0, wireLimits.errorChars / MOST_BYTES_PER_CHAR);
    this.#options.link.send(encodeFrame({ type: 'error', code, message: text }));
    this.close(closeCode, text);
  }

  #dropSlow(): void {
    this.#options.counters.slowPeers++;
    this.close(
      closeCodes.tooSlow,
      'This peer takes frames too slowly; it resumes from its cursor.',
    );
  }

  #end(): void {
    if (this.#phase === 'closed') return;
    this.#phase = 'closed';
    this.#writer.close();
    this.#inbound.stop();
    this.#outbound.stop();
    this.#hub?.leave(this);
    this.#introduced.clear();
    this.#options.ended(this, this.#hub);
  }
}

/** The wire limits a message's bytes, and a UTF-16 unit takes up to three. */
const MOST_BYTES_PER_CHAR = 3;

function speaks(protocol: number): boolean {
  return protocol >= MIN_PROTOCOL_VERSION && protocol <= PROTOCOL_VERSION;
}
