import {
  type CloseCode,
  closeCodes,
  encodeMessage,
  type Frame,
  type FrameOf,
  hasCode,
  type Link,
  type LinkHandler,
  MnemeshError,
  type Runtime,
} from '@mnemesh/protocol';
import { Heartbeat } from './heartbeat.js';
import { Inbox, type OtherFrame } from './inbox.js';
import { syncLimits } from './sync-limits.js';

/** What a link's owner does with it: one call after another, in the order in which frames came. */
export interface FrameHandler {
  handle(frame: OtherFrame): Promise<void>;
  /** Updates of one document. */
  updates(frames: readonly FrameOf<'update'>[]): Promise<void>;
  /** Pushes of one document. */
  pushes(frames: readonly FrameOf<'push'>[]): Promise<void>;
  closed(code: number, reason: string): void;
}

/** A link that speaks frames: encodes, puts parts together, answers pings, keeps order, and closes on what is no frame. */
export class FramedLink {
  readonly link: Link;
  readonly #runtime: Runtime;
  readonly #inbox = new Inbox();
  readonly #heartbeat: Heartbeat;
  #handling = false;
  #unknownFrames = 0;
  #open = true;
  /** Ends what waits for room. At most two do: pushes go one after another, and so do answers. */
  readonly #ended = new Set<() => void>();

  constructor(link: Link, runtime: Runtime) {
    this.link = link;
    this.#runtime = runtime;
    this.#heartbeat = new Heartbeat(
      runtime,
      () => this.send({ type: 'ping' }),
      () => this.close(closeCodes.silent, `nothing arrived for ${syncLimits.silentAfterMs} ms`),
    );
  }

  get open(): boolean {
    return this.#open;
  }

  get unknownFrames(): number {
    return this.#unknownFrames;
  }

  /** Resolves when no more is waiting to leave than a link should hold, or the link is closed. */
  async roomy(): Promise<void> {
    while (this.#open && this.link.bufferedBytes > syncLimits.outboxBytes) {
      await new Promise<void>((resolve) => {
        const end = (): void => {
          cancel();
          this.#ended.delete(end);
          resolve();
        };
        const cancel = this.#runtime.after(syncLimits.fullLinkWaitMs, end);
        this.#ended.add(end);
      });
    }
  }

  send(frame: Frame): void {
    if (!this.#open) return;
    for (const bytes of encodeMessage(frame)) this.link.send(bytes);
    this.#heartbeat.sent();
  }

  /** Presence is worth nothing late: of a link that is behind it is kept away. @returns whether it was sent */
  tell(presence: Uint8Array): boolean {
    if (!this.#open || this.link.bufferedBytes > syncLimits.presenceBehindBytes) return false;
    this.send({ type: 'presence', presence });
    return true;
  }

  /** Tells the other end why, then closes. */
  fail(code: CloseCode, error: MnemeshError): void {
    this.send({ type: 'error', code: error.code, message: error.message.slice(0, 400) });
    this.close(code, error.code);
  }

  close(code: CloseCode, reason: string): void {
    this.link.close(code, reason);
  }

  /** The handler to give to the link's carrier. */
  attach(handler: FrameHandler): LinkHandler {
    return {
      received: (bytes) => this.#receive(bytes, handler),
      closed: (code, reason) => {
        if (!this.#open) return;
        this.#open = false;
        this.#heartbeat.stop();
        this.#inbox.clear();
        for (const end of [...this.#ended]) end();
        handler.closed(code, reason);
      },
    };
  }

  #receive(bytes: Uint8Array, handler: FrameHandler): void {
    if (!this.#open) return;
    this.#heartbeat.received();
    this.#inbox.add(bytes);
    if (this.#inbox.bytes > syncLimits.inboxBytes) {
      this.close(closeCodes.tooSlow, 'this replica is too slow to take in what arrives');
      return;
    }
    if (this.#handling) return;
    this.#handling = true;
    this.#handleAll(handler).catch((error) => this.#fault(error));
  }

  async #handleAll(handler: FrameHandler): Promise<void> {
    await Promise.resolve(); // what arrived in one turn is handled together
    while (this.#open && !this.#inbox.isEmpty) await this.#handleNext(handler);
    this.#handling = false;
  }

  async #handleNext(handler: FrameHandler): Promise<void> {
    const run = this.#inbox.next();
    if (run === undefined) return;
    if ('updates' in run) return handler.updates(run.updates);
    if ('pushes' in run) return handler.pushes(run.pushes);
    const { frame } = run;
    if (frame.type === 'unknown') this.#unknownFrames++;
    else if (frame.type === 'ping') this.send({ type: 'pong' });
    else if (frame.type !== 'pong') await handler.handle(frame);
  }

  #fault(error: unknown): void {
    if (hasCode(error, 'bad_frame')) this.fail(closeCodes.badFrame, error);
    else if (error instanceof MnemeshError) this.fail(closeCodes.storeFailed, error);
    else {
      this.#runtime.log('error', 'handling a frame failed', { error: String(error) });
      this.close(closeCodes.badFrame, 'internal error');
    }
  }
}
