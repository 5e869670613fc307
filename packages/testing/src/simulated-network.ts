import type { Transport } from '@mnemesh/core';
import type { Cancel, LinkAcceptor, LinkKind, Runtime } from '@mnemesh/protocol';
import type { SeededRandom } from './seeded-random.js';
import {
  type ConnectionEvent,
  type Direction,
  SimulatedConnection,
} from './simulated-connection.js';
import type { PipeSpeed } from './simulated-pipe.js';
import type { SimulatedTime } from './simulated-time.js';
import { AnsweringTransport, type BackoffBounds, DialingTransport } from './simulated-transport.js';

/** How long a connection attempt into a partition lasts before it fails. */
export const CONNECT_TIMEOUT_MS = 2000;

/** Of a link that nobody has slowed down: what a good network carries. */
export const BYTES_PER_MS = 100_000;

export interface NetworkOptions {
  readonly time: SimulatedTime;
  readonly random: SeededRandom;
  /** A link's delay is drawn between both, once for each direction; each frame adds up to `jitterMs`. */
  readonly delay?: NetworkDelay;
  /** An owner broke the link's contract, or threw. By default a defect of the run. */
  readonly defect?: (error: unknown) => void;
}

export interface NetworkDelay {
  readonly minMs: number;
  readonly maxMs: number;
  readonly jitterMs: number;
}

export interface NetworkEvent extends Direction {
  readonly at: number;
  readonly event: ConnectionEvent;
  /** Number of the link, in order of opening. */
  readonly link: number;
  readonly kind: LinkKind;
  readonly frame: Uint8Array | undefined;
}

/** What happened on all links together; a frame that was lost was sent before, or sent into a broken link. */
export interface NetworkCounters {
  opened: number;
  sent: number;
  arrived: number;
  lost: number;
  broken: number;
  ended: number;
}

/** One way by which a link may come to be. */
interface Attempt extends Direction {
  readonly kind: LinkKind;
  readonly runtime: Runtime;
  readonly accept: LinkAcceptor;
  /** Nobody answered. */
  readonly failed: () => void;
}

/**
 * Named endpoints and the links between them. A link is ordered and reliable while it is open; the
 * faults are those that real links have: delay, a stall in one or both directions until it heals or
 * somebody loses patience, a break that loses what was on the way, a receiver that is slow, a
 * process that is gone. The same content arriving twice or in another order comes from a replica
 * having several links, and from links broken and opened again.
 */
export class SimulatedNetwork {
  readonly counters: NetworkCounters = {
    opened: 0,
    sent: 0,
    arrived: 0,
    lost: 0,
    broken: 0,
    ended: 0,
  };
  delay: NetworkDelay;
  readonly #options: NetworkOptions;
  readonly #listeners = new Map<string, LinkAcceptor>();
  readonly #connections = new Set<SimulatedConnection>();
  readonly #stalled = new Set<string>();
  readonly #slow = new Map<string, number>();
  readonly #watchers = new Set<(event: NetworkEvent) => void>();
  #ids = 0;

  constructor(options: NetworkOptions) {
    this.#options = options;
    this.delay = options.delay ?? { minMs: 1, maxMs: 50, jitterMs: 10 };
  }

  /** Links of which at least one end is open, oldest first. */
  get links(): readonly SimulatedConnection[] {
    return [...this.#connections];
  }

  /**
   * Accepts links at an endpoint, as a relay's server does.
   * @returns stops accepting; links that are open stay
   */
  listen(at: string, accept: LinkAcceptor, kind: LinkKind = 'relay'): () => void {
    const key = listenerKey(at, kind);
    if (this.#listeners.has(key)) throw new Error(`${at} accepts ${kind} links already.`);
    this.#listeners.set(key, accept);
    return () => {
      if (this.#listeners.get(key) === accept) this.#listeners.delete(key);
    };
  }

  /** A transport that keeps one link from an endpoint to another, with the product's backoff. */
  dial(options: {
    readonly from: string;
    readonly to: string;
    readonly runtime: Runtime;
    readonly kind?: LinkKind;
    readonly backoff?: BackoffBounds;
  }): Transport {
    const { from, to, runtime, kind = 'relay', backoff } = options;
    return new DialingTransport({
      kind,
      address: to,
      runtime,
      backoff,
      attempt: (accept, failed) => this.#attempt({ from, to, kind, runtime, accept, failed }),
    });
  }

  /** A transport that accepts links which others dial to this endpoint: the other half of a peer link. */
  answer(options: { readonly at: string; readonly kind?: LinkKind }): Transport {
    const { at, kind = 'peer' } = options;
    return new AnsweringTransport(kind, at, (accept) => this.listen(at, accept, kind));
  }

  /** Frames from `from` to `to` wait until it heals. No new link opens between the two. */
  stall(from: string, to: string): void {
    this.#stalled.add(directionKey({ from, to }));
    this.#refresh();
  }

  /** Nothing passes between any of the one side and any of the other, either way, until it heals. */
  partition(side: readonly string[], otherSide: readonly string[]): void {
    for (const from of side) {
      for (const to of otherSide) {
        this.#stalled.add(directionKey({ from, to }));
        this.#stalled.add(directionKey({ from: to, to: from }));
      }
    }
    this.#refresh();
  }

  /** `to` reads no faster than this what `from` sends; the rest counts as buffered at `from`. */
  slow(from: string, to: string, bytesPerMs: number): void {
    this.#slow.set(directionKey({ from, to }), bytesPerMs);
    this.#refresh();
  }

  isReachable(a: string, b: string): boolean {
    return !this.#isStalled({ from: a, to: b }) && !this.#isStalled({ from: b, to: a });
  }

  /** Breaks every open link between two endpoints. @returns how many there were */
  break(a: string, b: string): number {
    const open = this.links.filter((link) => link.isOpen && link.involves(a) && link.involves(b));
    for (const link of open) link.break();
    return open.length;
  }

  /**
   * The process at this endpoint is gone, as after `kill -9`: its links' owners there are told
   * nothing, nobody listens, and the other ends see a break. Kill its runtime in the same moment,
   * or its transports connect again.
   */
  kill(endpoint: string): void {
    for (const key of [...this.#listeners.keys()]) {
      if (key.startsWith(`${endpoint} `)) this.#listeners.delete(key);
    }
    for (const link of this.links) if (link.involves(endpoint)) link.kill(endpoint);
  }

  /** Ends all stalls, partitions and slowness, or those between two endpoints. Broken links come back by backoff. */
  heal(a?: string, b?: string): void {
    for (const faults of [this.#stalled, this.#slow]) {
      for (const key of [...faults.keys()]) {
        if (a === undefined || b === undefined || isBetween(key, a, b)) faults.delete(key);
      }
    }
    this.#refresh();
  }

  /** Told of everything that happens on every link. @returns stops it */
  watch(watcher: (event: NetworkEvent) => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  #attempt(attempt: Attempt): Cancel {
    const { from, to, runtime } = attempt;
    const { minMs, maxMs } = this.delay;
    const random = this.#options.random;
    const tripMs = random.between(minMs, maxMs) + random.between(minMs, maxMs);
    let cancel = runtime.after(tripMs, () => {
      if (this.isReachable(from, to)) this.#connect(attempt);
      else cancel = runtime.after(CONNECT_TIMEOUT_MS, attempt.failed);
    });
    return () => cancel();
  }

  #connect(attempt: Attempt): void {
    const acceptFar = this.#listeners.get(listenerKey(attempt.to, attempt.kind));
    if (acceptFar === undefined) {
      attempt.failed();
      return;
    }
    const { time, random, defect = (error) => time.defect(error) } = this.#options;
    const id = ++this.#ids;
    const connection: SimulatedConnection = new SimulatedConnection({
      id,
      kind: attempt.kind,
      from: attempt.from,
      to: attempt.to,
      time,
      random: random.fork(`link/${id}`),
      speed: this.#speedOf(random),
      isStalled: (direction) => this.#isStalled(direction),
      defect,
      happened: (event, direction, frame) => {
        if (event === 'ended') this.#connections.delete(connection);
        this.#tell({ event, link: id, kind: attempt.kind, direction, frame });
      },
    });
    this.#connections.add(connection);
    connection.open(attempt.accept, acceptFar);
  }

  /** A link keeps its delays for life, whatever slows it down in between. */
  #speedOf(random: SeededRandom): (direction: Direction) => PipeSpeed {
    const { minMs, maxMs, jitterMs } = this.delay;
    const delays = new Map<string, number>();
    return (direction) => {
      const key = directionKey(direction);
      const minDelayMs = delays.get(key) ?? random.between(minMs, maxMs);
      delays.set(key, minDelayMs);
      const bytesPerMs = this.#slow.get(key) ?? BYTES_PER_MS;
      return { minDelayMs, maxDelayMs: minDelayMs + jitterMs, bytesPerMs };
    };
  }

  #isStalled(direction: Direction): boolean {
    return this.#stalled.has(directionKey(direction));
  }

  #refresh(): void {
    for (const link of this.#connections) link.refresh();
  }

  #tell(happened: {
    readonly event: ConnectionEvent;
    readonly link: number;
    readonly kind: LinkKind;
    readonly direction: Direction;
    readonly frame: Uint8Array | undefined;
  }): void {
    const { event, link, kind, frame } = happened;
    const { from, to } = happened.direction;
    this.counters[event]++;
    const at = this.#options.time.now();
    for (const watcher of this.#watchers) watcher({ at, event, link, kind, from, to, frame });
  }
}

function listenerKey(at: string, kind: LinkKind): string {
  return `${at} ${kind}`;
}

function directionKey({ from, to }: Direction): string {
  return `${from} ${to}`;
}

function isBetween(key: string, a: string, b: string): boolean {
  return key === `${a} ${b}` || key === `${b} ${a}`;
}
