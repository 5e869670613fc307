import {
  encodeFrame,
  encodeMessage,
  type Frame,
  type Incarnation,
  type MeshId,
  type Namespace,
  PROTOCOL_VERSION,
  type ReplicaId,
  type SegmentName,
  toHex,
} from '@mnemesh/protocol';
import { emptyState, encodeState, SegmentDocument } from '@mnemesh/segment';
import type { SeededRandom } from '@mnemesh/testing';
import { mutate } from './byte-fuzzer.js';

export interface Hostility {
  /** Part of the frames that are mutated after they were encoded. */
  readonly mutated: number;
  /** Part of the frames that are random bytes. */
  readonly noise: number;
  /** Part of the frames that are well formed and break a rule: a document never introduced, a second hello. */
  readonly lying: number;
}

/** Documents all hostile replicas share, so that their updates meet. */
const NAMESPACES = ['shared/tasks', 'shared/memory', 'agents/x/memory'] as Namespace[];
const SEGMENTS = ['0', '1', '2', 'i0-abcdefgh-2026-01'] as SegmentName[];

/** One link's worth of frames: mostly what an honest replica might send, with lies, mutations and noise in between. */
export class HostileReplica {
  readonly #random: SeededRandom;
  readonly #hostility: Hostility;
  /** What it holds of each document it introduced; the first has number 1. */
  readonly #documents: SegmentDocument[] = [];
  #pushes = 0;

  constructor(random: SeededRandom, hostility: Hostility) {
    this.#random = random;
    this.#hostility = hostility;
  }

  /** What comes first on its link: usually a handshake that is admitted. */
  greeting(mesh: string): readonly Uint8Array[] {
    const frames = [this.#hello(mesh), this.#subscribe()];
    return this.#random.chance(0.85)
      ? frames.map(encodeFrame)
      : frames.map((frame) => this.#spoil(encodeFrame(frame)));
  }

  /** One frame or, for messages in parts, several. */
  next(): readonly Uint8Array[] {
    if (this.#random.chance(this.#hostility.noise)) {
      return [this.#random.bytes(this.#random.between(1, 60))];
    }
    const frame = this.#frame();
    const parts = this.#random.chance(0.05)
      ? encodeMessage(frame, this.#random.between(12, 40))
      : [encodeFrame(frame)];
    return parts.map((bytes) => this.#spoil(bytes));
  }

  #spoil(bytes: Uint8Array): Uint8Array {
    return this.#random.chance(this.#hostility.mutated) ? mutate(this.#random, bytes) : bytes;
  }

  #hello(mesh: string): Frame {
    return {
      type: 'hello',
      protocol: this.#random.chance(0.02) ? this.#random.int(65536) : PROTOCOL_VERSION,
      mesh: mesh as MeshId,
      replica: this.#hex(16) as ReplicaId,
      opened: { counter: this.#random.int(3), nonce: this.#hex(16) },
      agents: [],
      grants: this.#random.chance(0.1) ? [this.#random.bytes(40)] : [],
    };
  }

  #subscribe(): Frame {
    const cursor = { incarnation: this.#hex(16) as Incarnation, number: this.#random.uint32() };
    return {
      type: 'subscribe',
      globs: this.#random.pick([['**'], ['shared/**'], ['shared/tasks', 'agents/*/memory'], []]),
      cursor: this.#random.chance(0.2) ? cursor : undefined,
    };
  }

  #frame(): Frame {
    const random = this.#random;
    if (random.chance(this.#hostility.lying)) return this.#lie();
    const introduced = this.#documents.length;
    if (introduced === 0) return this.#introduce(1);
    const document = random.between(1, introduced);
    const kind = random.weighted({
      introduce: introduced < 4 ? 20 : 1,
      push: 60,
      state: 0.6,
      gap: 0.2,
      presence: 8,
      ping: 4,
      answer: 4,
    });
    switch (kind) {
      case 'introduce':
        return this.#introduce(introduced + 1);
      case 'push':
        return {
          type: 'push',
          number: ++this.#pushes,
          document,
          update: this.#update(document),
        };
      case 'state':
        return { type: 'state', document, state: this.#state(document) };
      case 'gap':
        return { type: 'gap', push: random.int(9), document, state: this.#state(document) };
      case 'presence':
        return { type: 'presence', presence: random.bytes(random.int(200)) };
      case 'ping':
        return { type: random.pick(['ping', 'pong']) };
      default:
        return this.#answer(document);
    }
  }

  #introduce(document: number): Frame {
    this.#documents[document - 1] ??= new SegmentDocument('hostile', this.#random.uint32());
    return {
      type: 'introduce',
      document,
      namespace: this.#random.pick(NAMESPACES),
      segment: this.#random.pick(SEGMENTS),
    };
  }

  #lie(): Frame {
    const random = this.#random;
    const update = random.bytes(random.int(40));
    const state = mutate(random, encodeState(emptyState));
    return random.pick<Frame>([
      this.#hello('again'),
      this.#subscribe(),
      this.#introduce(1),
      { type: 'push', number: random.int(1000), document: 1, update },
      { type: 'push', number: ++this.#pushes, document: random.int(1000), update },
      { type: 'state', document: random.int(1000), state },
      { type: 'state', document: 1, state },
      { type: 'gap', push: 1, document: random.int(1000), state },
    ]);
  }

  /** Frames that only a relay sends. */
  #answer(document: number): Frame {
    const random = this.#random;
    const incarnation = this.#hex(16) as Incarnation;
    return random.pick<Frame>([
      {
        type: 'welcome',
        protocol: PROTOCOL_VERSION,
        incarnation,
        head: 9,
        challenge: new Uint8Array(0),
      },
      { type: 'resumed', incarnation, number: random.uint32(), whole: random.chance(0.5) },
      { type: 'durable', received: random.uint32(), sent: random.uint32(), number: 1 },
      { type: 'update', document, update: this.#update(document) },
      { type: 'held', document, state: this.#state(document) },
      { type: 'denied', push: 1, document, reason: 'ended' },
      { type: 'summary', hash: this.#hex(32) },
      { type: 'error', code: 'made_up', message: 'Boo.' },
      { type: 'catalog', documents: [] },
    ]);
  }

  #update(number: number): Uint8Array {
    const random = this.#random;
    const document = this.#documents[number - 1] as SegmentDocument;
    const held = [...document.elements()].map(({ place }) => place);
    const append = random.chance(0.8) ? [random.bytes(random.between(1, 80))] : [];
    const remove = held.length > 0 && random.chance(0.3) ? [random.pick(held)] : [];
    const honest = document.edit(append, remove)?.update ?? document.encode();
    if (random.chance(0.01)) return random.bytes(random.int(60));
    // Left out, it makes a gap that a later whole state closes.
    if (random.chance(0.1)) document.edit([random.bytes(3)], []);
    if (random.chance(0.2)) return document.encode();
    return random.chance(0.02) ? mutate(random, honest) : honest;
  }

  #state(number: number): Uint8Array {
    const document = this.#documents[number - 1] as SegmentDocument;
    return encodeState(this.#random.chance(0.5) ? emptyState : document.state);
  }

  #hex(bytes: number): string {
    return toHex(this.#random.bytes(bytes));
  }
}
