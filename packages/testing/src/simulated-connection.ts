import type { LinkAcceptor, LinkKind } from '@mnemesh/protocol';
import type { SeededRandom } from './seeded-random.js';
import { LINK_LOST, SimulatedLink } from './simulated-link.js';
import { type PipeEnd, type PipeSpeed, SimulatedPipe } from './simulated-pipe.js';
import type { SimulatedTime } from './simulated-time.js';

/** The longest that an end may take to notice that its link broke. */
export const NOTICE_BREAK_MS = 200;

/** One direction of a link: who sends, who receives. */
export interface Direction {
  readonly from: string;
  readonly to: string;
}

export type ConnectionEvent = 'opened' | 'sent' | 'arrived' | 'lost' | 'broken' | 'ended';

export interface ConnectionOptions extends Direction {
  readonly id: number;
  readonly kind: LinkKind;
  readonly time: SimulatedTime;
  readonly random: SeededRandom;
  readonly speed: (direction: Direction) => PipeSpeed;
  readonly isStalled: (direction: Direction) => boolean;
  readonly defect: (error: unknown) => void;
  readonly happened: (event: ConnectionEvent, direction: Direction, frame?: Uint8Array) => void;
}

interface End {
  readonly name: string;
  readonly link: SimulatedLink;
  readonly outgoing: SimulatedPipe;
}

const LOST: PipeEnd = { code: LINK_LOST, reason: 'The link broke.' };

/** One link with both its ends, as the world sees it: what it may break, slow down or watch. */
export class SimulatedConnection {
  readonly id: number;
  readonly kind: LinkKind;
  /** Who opened it. */
  readonly from: string;
  readonly to: string;
  readonly #options: ConnectionOptions;
  readonly #near: End;
  readonly #far: End;
  #broken = false;

  constructor(options: ConnectionOptions) {
    this.id = options.id;
    this.kind = options.kind;
    this.from = options.from;
    this.to = options.to;
    this.#options = options;
    const { from, to } = options;
    this.#near = this.#makeEnd({ from, to }, () => this.#far);
    this.#far = this.#makeEnd({ from: to, to: from }, () => this.#near);
  }

  /** Both ends open and able to hear each other, for all they know. */
  get isOpen(): boolean {
    return !this.#broken && this.#near.link.isOpen && this.#far.link.isOpen;
  }

  /** Neither end has anything to do with it any more. */
  get isOver(): boolean {
    return !this.#near.link.isOpen && !this.#far.link.isOpen;
  }

  /** Frames on the way, both directions together. */
  get frames(): number {
    return this.#near.outgoing.frames + this.#far.outgoing.frames;
  }

  involves(endpoint: string): boolean {
    return endpoint === this.from || endpoint === this.to;
  }

  /** The end that accepts is told first, as a server is. */
  open(acceptNear: LinkAcceptor, acceptFar: LinkAcceptor): void {
    this.#options.happened('opened', this.#options);
    this.#far.link.attach(acceptFar);
    this.#near.link.attach(acceptNear);
  }

  /** A reset: frames on the way are lost; the ends notice at different times, and until then send into nothing. */
  break(): void {
    if (this.#broken || this.isOver) return;
    this.#broken = true;
    this.#options.happened('broken', this.#options);
    const { time, random } = this.#options;
    for (const end of [this.#near, this.#far]) {
      this.#countLost(end, end.outgoing.cut());
      time.after(random.int(NOTICE_BREAK_MS + 1), () => end.link.lose(LOST));
    }
  }

  /** The process at this endpoint is gone. Some of what it had sent still arrives, then the other end sees a break. */
  kill(endpoint: string): void {
    const [dead, other] =
      endpoint === this.from ? [this.#near, this.#far] : [this.#far, this.#near];
    dead.link.die();
    if (this.#broken) return;
    this.#countLost(other, other.outgoing.cut());
    const keep = this.#options.random.int(dead.outgoing.frames + 1);
    this.#countLost(dead, dead.outgoing.cut(keep));
    if (other.link.isOpen) dead.outgoing.send(LOST);
  }

  /** Takes the stalls and speeds of now. */
  refresh(): void {
    const { isStalled, speed } = this.#options;
    for (const [end, other] of [
      [this.#near, this.#far],
      [this.#far, this.#near],
    ] as const) {
      const direction = { from: end.name, to: other.name };
      end.outgoing.setSpeed(speed(direction));
      end.outgoing.stall(isStalled(direction));
    }
  }

  #makeEnd(direction: Direction, other: () => End): End {
    const { kind, time, random, speed, isStalled, defect, happened } = this.#options;
    const outgoing = new SimulatedPipe({
      time,
      random,
      speed: speed(direction),
      stalled: isStalled(direction),
      deliver: (content) => {
        if (content instanceof Uint8Array) happened('arrived', direction, content);
        other().link.arrive(content);
      },
    });
    const link = new SimulatedLink({
      kind,
      peer: direction.to,
      outgoing,
      defect,
      sending: (frame) => {
        happened(this.#broken ? 'lost' : 'sent', direction, frame);
        return !this.#broken;
      },
      ended: () => {
        // What was on its way here finds nobody.
        this.#countLost(other(), other().outgoing.cut());
        if (this.isOver) happened('ended', direction);
      },
    });
    return { name: direction.from, link, outgoing };
  }

  #countLost(sender: End, frames: number): void {
    const to = sender.name === this.from ? this.to : this.from;
    for (let i = 0; i < frames; i++) this.#options.happened('lost', { from: sender.name, to });
  }
}
