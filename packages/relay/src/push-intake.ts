import { type DenialReason, type FrameOf, type Guid, MnemeshError } from '@mnemesh/protocol';
import { encodeState } from '@mnemesh/segment';
import type { HeldDocument } from './document-states.js';
import type { LinkWriter } from './link-writer.js';
import type { MeshHub } from './mesh-hub.js';
import type { MeshLink } from './mesh-link.js';
import type { MutableCounters } from './relay-counters.js';
import type { DocumentName } from './update-log.js';

type Push = FrameOf<'push'>;

/** The pushes of one link, in the order of their numbers: stores them, or says why not. */
export class PushIntake {
  readonly #hub: MeshHub;
  readonly #writer: LinkWriter;
  readonly #link: MeshLink;
  readonly #counters: MutableCounters;
  /** Documents of which a push was refused, and why: so is every later one. */
  readonly #denied = new Map<Guid, DenialReason>();
  #received = 0;
  #handled = 0;

  constructor(hub: MeshHub, writer: LinkWriter, link: MeshLink, counters: MutableCounters) {
    this.#hub = hub;
    this.#writer = writer;
    this.#link = link;
    this.#counters = counters;
  }

  /** Number of the last push that was stored, found to be held, or answered. */
  get handled(): number {
    return this.#handled;
  }

  /** @throws MnemeshError `bad_frame`, `overloaded` */
  take(push: Push, name: DocumentName): Promise<void> | undefined {
    if (push.number !== this.#received + 1) {
      throw new MnemeshError('bad_frame', `Push ${push.number} came after push ${this.#received}.`);
    }
    this.#received = push.number;
    this.#counters.pushes++;
    const document = this.#hub.acquire(name);
    if (document instanceof Promise) return document.then((loaded) => this.#store(loaded, push));
    this.#store(document, push);
    return undefined;
  }

  #store(document: HeldDocument, push: Push): void {
    try {
      if (this.#writer.closed) return;
      this.#judge(document, push);
      this.#handled = push.number;
      this.#hub.acknowledge(this.#link);
    } finally {
      this.#hub.release(document);
    }
  }

  #judge(document: HeldDocument, push: Push): void {
    const reason = this.#denied.get(document.name.guid);
    if (reason !== undefined) {
      this.#deny(document, push.number, reason);
      return;
    }
    const verdict = this.#hub.push(document, push.update, this.#link);
    if (verdict.kind === 'repeated') this.#counters.repeatedPushes++;
    if (verdict.kind === 'denied') this.#deny(document, push.number, verdict.reason);
    if (verdict.kind === 'gap') {
      this.#counters.gaps++;
      const own = this.#writer.document(document.name);
      const state = encodeState(verdict.held);
      this.#writer.send({ type: 'gap', push: push.number, document: own, state });
    }
  }

  /** Each refused push is named, or its sender would take it for durable with the next ack. */
  #deny(document: HeldDocument, push: number, reason: DenialReason): void {
    this.#counters.denied++;
    this.#denied.set(document.name.guid, reason);
    const own = this.#writer.document(document.name);
    this.#writer.send({ type: 'denied', push, document: own, reason });
  }
}
