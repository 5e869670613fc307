import {
  encodeMessage,
  type Frame,
  type FrameOf,
  type FrameType,
  type Guid,
  type Link,
  type LinkHandler,
  type LinkKind,
  MessageAssembler,
  PROTOCOL_VERSION,
  parseNamespace,
  parseSegmentName,
  type ReplicaId,
  segmentGuid,
  type UnknownFrame,
} from '@mnemesh/protocol';
import { type DocumentState, emptyState, encodeState, SegmentDocument } from '@mnemesh/segment';
import type { SegmentPlace } from '../src/documents/segment-place.js';
import { TEAM, type World } from './world.js';

/** Where a record of this namespace lies when it is the first. */
export function placeOf(namespace: string, segment = '1'): SegmentPlace {
  const parsed = { namespace: parseNamespace(namespace), segment: parseSegmentName(segment) };
  return { ...parsed, guid: segmentGuid(TEAM, parsed.namespace, parsed.segment) };
}

/**
 * The other end of a replica's link, frame by frame: it says hello, takes what is pushed to it into
 * plain Yjs documents, and otherwise does only what a test tells it.
 */
export class ScriptedPeer {
  readonly received: (Frame | UnknownFrame)[] = [];
  readonly #documents = new Map<Guid, SegmentDocument>();
  readonly #introduced = new Map<number, SegmentPlace>();
  readonly #numbers = new Map<Guid, number>();
  readonly #acks: boolean;
  #link: Link | undefined;
  #closed: number | undefined;
  #pushes = 0;
  #isMute = false;

  /** @param acks says that it keeps whatever is pushed to it */
  constructor(acks = true) {
    this.#acks = acks;
  }

  /** Links to a replica that answers, and waits for its first comparison. */
  static async dial(world: World, to: string, kind: LinkKind = 'peer'): Promise<ScriptedPeer> {
    const peer = new ScriptedPeer(kind !== 'relay');
    const runtime = world.runtimes.start(`stranger of ${to}`);
    const transport = world.network.dial({ from: `stranger of ${to}`, to, kind, runtime });
    transport.start(
      (link) => peer.attach(link, true),
      () => undefined,
    );
    const compared = kind === 'relay' ? 'resumed' : 'summary';
    await world.eventually('the stranger is greeted', () => peer.of(compared).length > 0);
    return peer;
  }

  /** Links to a replica that answers, and says nothing of itself. */
  static async mute(world: World, to: string): Promise<ScriptedPeer> {
    const peer = new ScriptedPeer();
    peer.#isMute = true;
    const runtime = world.runtimes.start(`mute stranger of ${to}`);
    const transport = world.network.dial({ from: 'mute stranger', to, kind: 'peer', runtime });
    transport.start(
      (link) => peer.attach(link, false),
      () => undefined,
    );
    await world.eventually('the stranger is greeted', () => peer.of('hello').length > 0);
    return peer;
  }

  /** Stands in for the relay. */
  static relay(world: World, acks = true): ScriptedPeer {
    const peer = new ScriptedPeer(acks);
    world.network.listen('relay', (link) => peer.attach(link, false));
    return peer;
  }

  get closeCode(): number | undefined {
    return this.#closed;
  }

  attach(link: Link, greets: boolean): LinkHandler {
    const assembler = new MessageAssembler();
    this.#link = link;
    if (greets) this.greet();
    return {
      received: (bytes) => {
        const frame = assembler.receive(bytes);
        if (frame !== undefined) this.#take(frame);
      },
      closed: (code) => {
        this.#closed = code;
        this.#link = undefined;
      },
    };
  }

  of<T extends FrameType>(type: T): readonly FrameOf<T>[] {
    return this.received.filter((frame): frame is FrameOf<T> & Frame => frame.type === type);
  }

  send(frame: Frame): void {
    for (const bytes of encodeMessage(frame)) this.sendBytes(bytes);
  }

  sendBytes(bytes: Uint8Array): void {
    if (this.#link === undefined) throw new Error('This peer has no link.');
    this.#link.send(bytes);
  }

  /** What this end holds of a document, as any Yjs program would. */
  document({ guid }: SegmentPlace): SegmentDocument {
    const known = this.#documents.get(guid);
    const document = known ?? new SegmentDocument(guid, 0xfeed);
    this.#documents.set(guid, document);
    return document;
  }

  /** Asks for what this end lacks of a document. */
  ask(place: SegmentPlace, held: DocumentState = emptyState): void {
    this.send({ type: 'state', document: this.number(place), state: encodeState(held) });
  }

  /** Says that all it holds of a document, which is this, was sent. */
  sendHeld(place: SegmentPlace, held: DocumentState): void {
    this.send({ type: 'held', document: this.number(place), state: encodeState(held) });
  }

  /** Deletes every element that this end holds, as a program could that knows Yjs and nothing else, and pushes that. */
  deleteAll(place: SegmentPlace): void {
    const document = this.document(place);
    const change = document.edit(
      [],
      [...document.elements()].map((element) => element.place),
    );
    if (change === undefined) throw new Error('Nothing to delete.');
    this.push(place, change.update);
  }

  /** Elements that this end holds of a document. */
  elements(place: SegmentPlace): readonly Uint8Array[] {
    return [...this.document(place).elements()].map(({ element }) => element);
  }

  /** @returns the number of the push */
  push(place: SegmentPlace, update: Uint8Array): number {
    const document = this.number(place);
    this.send({ type: 'push', number: ++this.#pushes, document, update });
    return this.#pushes;
  }

  /** Appends elements to what this end holds, and pushes them. @returns the number of the push */
  append(place: SegmentPlace, elements: readonly Uint8Array[]): number {
    const change = this.document(place).edit(elements, []);
    if (change === undefined) throw new Error('Nothing to append.');
    return this.push(place, change.update);
  }

  number({ guid, namespace, segment }: SegmentPlace): number {
    const known = this.#numbers.get(guid);
    if (known !== undefined) return known;
    const document = this.#numbers.size;
    this.#numbers.set(guid, document);
    this.send({ type: 'introduce', document, namespace, segment });
    return document;
  }

  greet(replica = 'ff'.repeat(16) as ReplicaId): void {
    this.send({
      type: 'hello',
      protocol: PROTOCOL_VERSION,
      mesh: TEAM,
      replica,
      opened: { counter: 1, nonce: replica },
      agents: [],
      grants: [],
    });
    this.send({ type: 'subscribe', globs: ['**'], cursor: undefined });
  }

  #take(frame: Frame | UnknownFrame): void {
    this.received.push(frame);
    // It claims to hold the same, so that the replica has nothing to compare and pushes what changes.
    if (frame.type === 'summary' && !this.#isMute) this.send(frame);
    if (frame.type === 'introduce') {
      const { document, namespace, segment } = frame;
      this.#introduced.set(document, placeOf(namespace, segment));
    }
    if (frame.type === 'push' || frame.type === 'update') {
      const place = this.#introduced.get(frame.document);
      if (place !== undefined) this.document(place).apply(frame.update);
    }
    if (frame.type === 'push' && this.#acks)
      this.send({ type: 'durable', received: frame.number, sent: 0, number: 0 });
  }
}
