import {
  type Cancel,
  encodeMessage,
  type Frame,
  type Guid,
  type Link,
  type Runtime,
} from '@mnemesh/protocol';
import type { RelayLimits } from './relay-limits.js';
import type { DocumentName } from './update-log.js';

export interface LinkWriterOptions {
  readonly link: Link;
  readonly runtime: Pick<Runtime, 'now' | 'after'>;
  readonly limits: RelayLimits;
  /** The peer takes frames too slowly; the owner closes the link. */
  readonly tooSlow: () => void;
}

/** The outgoing half of one link: numbers its documents and pushes, paces stored updates, notices a slow peer. */
export class LinkWriter {
  readonly #options: LinkWriterOptions;
  readonly #documents = new Map<Guid, number>();
  #pushes = 0;
  /** Bytes of stored updates that are unsent: a large document does not make a slow peer. */
  #storedBytes = 0;
  #lastSent: number;
  #closed = false;
  #wake: (() => void) | undefined;

  constructor(options: LinkWriterOptions) {
    this.#options = options;
    this.#lastSent = options.runtime.now();
  }

  /** Number of the last push sent. */
  get pushes(): number {
    return this.#pushes;
  }

  /** When a frame was sent last, in milliseconds since the epoch. */
  get lastSent(): number {
    return this.#lastSent;
  }

  get closed(): boolean {
    return this.#closed;
  }

  send(frame: Frame): void {
    if (this.#closed) return;
    const { link, limits, runtime, tooSlow } = this.#options;
    const unsent = link.bufferedBytes;
    this.#storedBytes = Math.min(this.#storedBytes, unsent);
    if (unsent - this.#storedBytes > limits.slowPeerBytes) {
      tooSlow();
      return;
    }
    for (const bytes of encodeMessage(frame)) link.send(bytes);
    this.#lastSent = runtime.now();
  }

  /** Sends an update of the log once there is `room`. */
  async sendStored(name: DocumentName, update: Uint8Array): Promise<void> {
    await this.room();
    if (this.#closed) return;
    this.send({ type: 'update', document: this.document(name), update });
    this.#storedBytes += update.length;
  }

  /** This link's number of a document; introduces it when it is new here. */
  document(name: DocumentName): number {
    const known = this.#documents.get(name.guid);
    if (known !== undefined) return known;
    const document = this.#documents.size;
    this.#documents.set(name.guid, document);
    const { namespace, segment } = name;
    this.send({ type: 'introduce', document, namespace, segment });
    return document;
  }

  push(name: DocumentName, update: Uint8Array): void {
    const document = this.document(name);
    this.#pushes++;
    this.send({ type: 'push', number: this.#pushes, document, update });
  }

  /**
   * Resolves when the link has room for stored updates, or is closed. Whoever sends much waits here
   * before each frame, so that a resume fills no buffer.
   */
  async room(): Promise<void> {
    const { link, limits, runtime } = this.#options;
    let lowest = link.bufferedBytes;
    let since = runtime.now();
    while (!this.#closed && link.bufferedBytes > limits.paceBytes) {
      await this.#wait(limits.paceMs);
      if (link.bufferedBytes < lowest) {
        lowest = link.bufferedBytes;
        since = runtime.now();
      } else if (runtime.now() - since > limits.stalledMs && !this.#closed) {
        this.#options.tooSlow();
      }
    }
  }

  close(): void {
    this.#closed = true;
    this.#wake?.();
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel: Cancel = this.#options.runtime.after(ms, () => this.#wake?.());
      this.#wake = () => {
        cancel();
        this.#wake = undefined;
        resolve();
      };
    });
  }
}
