import {
  type CloseCode,
  encodeMessage,
  type Frame,
  type FrameOf,
  type FrameType,
  type Guid,
  type Link,
  type LinkHandler,
  MessageAssembler,
  PROTOCOL_VERSION,
  parseMeshId,
  parseNamespace,
  parseSegmentName,
  type ReplicaId,
  segmentGuid,
} from '@mnemesh/protocol';
import { type DocumentState, emptyState, encodeState, SegmentDocument } from '@mnemesh/segment';
import type { DocumentName, Relay } from '../src/index.js';

export const demo = parseMeshId('demo');

export function segmentOf(namespace: string, segment = '1'): DocumentName {
  const name = { namespace: parseNamespace(namespace), segment: parseSegmentName(segment) };
  return { ...name, guid: segmentGuid(demo, name.namespace, name.segment) };
}

export const tasks = segmentOf('shared/tasks');
export const notes = segmentOf('shared/notes');

/** One replica's document, for making updates. */
export class Writer {
  readonly name: DocumentName;
  readonly document: SegmentDocument;

  constructor(name: DocumentName, clientId: number) {
    this.name = name;
    this.document = new SegmentDocument(name.guid, clientId);
  }

  /** Appends one element and returns the update. */
  write(...bytes: number[]): Uint8Array {
    const change = this.document.edit([Uint8Array.from(bytes)], []);
    if (change === undefined) throw new Error('nothing was written');
    return change.update;
  }
}

/** The relay's end of an in-memory link. Frames arrive in order, one turn later. */
class PairedLink implements Link {
  readonly kind = 'relay';
  readonly peer: string;
  readonly #far: LinkHandler;
  #owner: LinkHandler | undefined;
  #waiting: Uint8Array[] = [];
  #stalled = false;
  #open = true;

  constructor(peer: string, far: LinkHandler, relay: Relay) {
    this.peer = peer;
    this.#far = far;
    this.#owner = relay.accept(this);
  }

  get bufferedBytes(): number {
    return this.#waiting.reduce((sum, frame) => sum + frame.length, 0);
  }

  send(frame: Uint8Array): void {
    if (!this.#open) return;
    if (this.#stalled) this.#waiting.push(frame);
    else this.#deliver(frame);
  }

  close(code: CloseCode, reason: string): void {
    this.end(code, reason);
  }

  /** The replica's half. */
  fromReplica(frame: Uint8Array): void {
    queueMicrotask(() => {
      if (this.#open) this.#owner?.received(frame);
    });
  }

  stall(stalled: boolean): void {
    this.#stalled = stalled;
    if (stalled) return;
    for (const frame of this.#waiting) this.#deliver(frame);
    this.#waiting = [];
  }

  end(code: number, reason: string): void {
    if (!this.#open) return;
    queueMicrotask(() => {
      this.#open = false;
      this.#owner?.closed(code, reason);
      this.#far.closed(code, reason);
    });
  }

  #deliver(frame: Uint8Array): void {
    queueMicrotask(() => {
      if (this.#open) this.#far.received(frame.slice());
    });
  }
}

/** A replica that sends what a test tells it to, and keeps all it is sent. */
export class ScriptedReplica {
  readonly id: ReplicaId;
  readonly frames: Frame[] = [];
  closed: { readonly code: number; readonly reason: string } | undefined;
  readonly #link: PairedLink;
  readonly #assembler = new MessageAssembler();
  readonly #documents = new Map<Guid, number>();
  readonly #theirs = new Map<number, string>();
  #pushes = 0;

  constructor(relay: Relay, id: number) {
    this.id = id.toString(16).padStart(32, '0') as ReplicaId;
    this.#link = new PairedLink(`replica ${id}`, this.#far(), relay);
  }

  send(frame: Frame): this {
    for (const bytes of encodeMessage(frame)) this.#link.fromReplica(bytes);
    return this;
  }

  sendBytes(bytes: Uint8Array): this {
    this.#link.fromReplica(bytes);
    return this;
  }

  hello(over: Partial<FrameOf<'hello'>> = {}): this {
    return this.send({
      type: 'hello',
      protocol: PROTOCOL_VERSION,
      mesh: demo,
      replica: this.id,
      opened: { counter: 1, nonce: this.id },
      agents: [],
      grants: [],
      ...over,
    });
  }

  subscribe(cursor?: FrameOf<'subscribe'>['cursor'], globs: readonly string[] = ['**']): this {
    return this.send({ type: 'subscribe', globs, cursor });
  }

  /** @returns this link's number of the push */
  push(name: DocumentName, update: Uint8Array): number {
    const document = this.#document(name);
    this.#pushes++;
    this.send({ type: 'push', number: this.#pushes, document, update });
    return this.#pushes;
  }

  requestState(name: DocumentName, state: DocumentState = emptyState): this {
    const document = this.#document(name);
    return this.send({ type: 'state', document, state: encodeState(state) });
  }

  /** The relay's sends stay in its buffer until the stall ends. */
  stall(stalled: boolean): void {
    this.#link.stall(stalled);
  }

  disconnect(): void {
    this.#link.end(1006, 'gone');
  }

  received<T extends FrameType>(type: T): readonly FrameOf<T>[] {
    return this.frames.filter((frame): frame is FrameOf<T> & Frame => frame.type === type);
  }

  last<T extends FrameType>(type: T): FrameOf<T> {
    const frame = this.received(type).at(-1);
    if (frame === undefined) throw new Error(`no ${type} frame came: ${this.types().join()}`);
    return frame;
  }

  types(): readonly FrameType[] {
    return this.frames.map((frame) => frame.type);
  }

  /** The namespace of the relay's number for a document. */
  namespaceOf(document: number): string | undefined {
    return this.#theirs.get(document);
  }

  /** Everything that came of a document, applied in order. @throws when an update does not follow */
  assemble(name: DocumentName): SegmentDocument {
    const document = new SegmentDocument(name.guid, 1);
    for (const frame of this.frames) {
      if (frame.type !== 'update' && frame.type !== 'push') continue;
      if (this.namespaceOf(frame.document) !== name.namespace) continue;
      if (document.apply(frame.update).gap) throw new Error(`a ${frame.type} left a gap`);
    }
    return document;
  }

  #document(name: DocumentName): number {
    const known = this.#documents.get(name.guid);
    if (known !== undefined) return known;
    const document = this.#documents.size;
    this.#documents.set(name.guid, document);
    const { namespace, segment } = name;
    this.send({ type: 'introduce', document, namespace, segment });
    return document;
  }

  #far(): LinkHandler {
    return {
      received: (bytes) => {
        const frame = this.#assembler.receive(bytes);
        if (frame === undefined || frame.type === 'unknown') return;
        if (frame.type === 'introduce') this.#theirs.set(frame.document, frame.namespace);
        this.frames.push(frame);
      },
      closed: (code, reason) => {
        this.closed = { code, reason };
      },
    };
  }
}

export function elementsOf(document: SegmentDocument): readonly number[] {
  return [...document.elements()].map(({ element }) => element[0] as number);
}
