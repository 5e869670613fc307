import type { MeshStatus, Showing } from '@mnemesh/core';
import { MnemeshError, type Runtime } from '@mnemesh/protocol';
import { GuestStatus } from './guest-status.js';
import type { HolderConnection } from './holder-connection.js';
import type { HolderLimits } from './holder-limits.js';
import type { Intents } from './intents.js';
import {
  errorOf,
  type HelloMessage,
  HOLDER_PROTOCOL,
  type HolderMessage,
  holderNamed,
  type RecordName,
  type ShownRecord,
  statusOf,
} from './messages.js';
import { OfflineWish } from './offline-wish.js';
import { PromisedWrites } from './promised-writes.js';
import { type Calling, RequestQueue } from './request-queue.js';
import { Said } from './said.js';
import { SeenRecords } from './seen-records.js';
import { ShownMemory } from './shown-memory.js';
import { type Stage, StageWaits } from './stage-waits.js';

/** The replica is held here: closing gives it up. */
export interface Held {
  close(): Promise<void>;
}

/** How a guest came in: through a holder, or by becoming it. */
export type Joined<H extends Held = Held> =
  | { readonly kind: 'attached'; readonly connection: HolderConnection }
  | { readonly kind: 'held'; readonly held: H };

export interface AttachOptions {
  readonly mesh: string;
  /** Name of the agent. */
  readonly agent: string;
  readonly relay?: string | undefined;
  /** Attaches to the holder, or becomes it and is asked once more. @throws MnemeshError `store_in_use`, and what opening or the holder refuses */
  join(hello: HelloMessage): Promise<Joined>;
  /** Where writes are kept that the holder takes its time with. Without it they wait for its answer. */
  readonly intents?: Intents | undefined;
  /** Of tabs: whether this one leads. */
  readonly leads?: () => boolean;
  readonly runtime: Runtime;
  readonly limits: HolderLimits;
}

interface Watching {
  readonly method: string;
  readonly namespace?: string | undefined;
  readonly args: readonly unknown[];
  readonly listener: (value: never) => void;
}

/**
 * A session at a replica that somebody else holds. It outlives that holder: what was asked and not
 * answered is asked of the next holder, which is told what the session was shown and which of its
 * writes it cannot know to be done.
 */
export class AttachedClient {
  readonly #options: AttachOptions;
  readonly #shown: ShownMemory;
  readonly #requests: RequestQueue;
  readonly #works = new Set<Promise<unknown>>();
  /** Writes that count as done before they are answered. */
  readonly promised: PromisedWrites;
  /** Undefined where nothing can be promised. */
  readonly seen: SeenRecords | undefined;
  readonly #watches = new Map<number, Watching>();
  readonly #stages: StageWaits;
  readonly #said = new Said();
  readonly #status: GuestStatus;
  #connection: HolderConnection | undefined;
  #connections = 0;
  #joining: Promise<void> | undefined;
  #cancelJoin: () => void = () => undefined;
  #session: string | undefined;
  #agentId = '';
  #namespaces: Readonly<Record<string, string>> = {};
  readonly #offline = new OfflineWish();
  /** The holder says that it leaves, and has not closed the connection yet. */
  #isLeft = false;
  #held: Held | undefined;
  #seen = 0;
  #confirmed = 0;
  #ids = 0;
  #closing: Promise<void> | undefined;

  constructor(options: AttachOptions) {
    this.#options = options;
    this.#status = new GuestStatus(options.runtime.log, options.leads);
    this.#stages = new StageWaits(
      (message) => this.#send(message),
      () => this.#nextId(),
    );
    this.#shown = new ShownMemory(options.limits.shownFields);
    this.seen = options.intents === undefined ? undefined : new SeenRecords(options.limits);
    this.promised = new PromisedWrites({
      runtime: options.runtime,
      limits: options.limits,
      intents: options.intents,
      leads: () => options.leads?.() === true,
      isClosing: () => this.#closing !== undefined,
    });
    this.#requests = new RequestQueue(
      {
        limits: options.limits,
        send: (message) => this.#send(message),
        seen: () => ({ number: this.#seen, connection: this.#connections }),
        clockOf: (record) => this.clockOf(record),
        shownOf: (record) => this.shownOf(record),
        needed: () => {
          if (!this.#isLeft) this.#joinAgain();
        },
      },
      () => this.#nextId(),
    );
  }

  /** Uses this connection, which was just welcomed. */
  begin(connection: HolderConnection): void {
    this.#adopt(connection);
  }

  /** What the first message of a connection says. */
  hello(): HelloMessage {
    const { mesh, agent, relay } = this.#options;
    return {
      type: 'hello',
      protocol: HOLDER_PROTOCOL,
      mesh,
      agent,
      ...(relay === undefined ? {} : { relay }),
      ...(this.#session === undefined
        ? {}
        : { session: { id: this.#session, clock: this.#shown.highest } }),
      doubtful: this.#requests.doubtful,
    };
  }

  get runtime(): Runtime {
    return this.#options.runtime;
  }

  get status(): MeshStatus {
    return this.#status.last as MeshStatus;
  }

  /** Undefined before the first welcome. */
  get lastStatus(): MeshStatus | undefined {
    return this.#status.last;
  }

  get session(): string {
    return this.#session ?? '';
  }

  get agentId(): string {
    return this.#agentId;
  }

  /** The namespace that a part of a mesh begins in. */
  namespaceOf(part: string): string | undefined {
    return this.#namespaces[part];
  }

  onStatus(listener: (status: MeshStatus) => void): () => void {
    return this.#status.add(listener);
  }

  /**
   * Runs what takes one call or several; closing waits for it.
   * @throws MnemeshError as the methods do; `closed`, `overloaded`, `too_large`, `store_in_use`
   */
  async work<T>(task: (ask: (calling: Calling) => Promise<unknown>) => Promise<T>): Promise<T> {
    this.#refuseWhenClosed();
    const working = task((calling) => this.#requests.ask(calling));
    this.#works.add(working);
    try {
      return await working;
    } finally {
      this.#works.delete(working);
    }
  }

  /** What the session was shown so far of a record, or of a topic by its hash. */
  shownOf(name: RecordName): ShownRecord {
    return this.#shown.of(name);
  }

  /** The clock at which the session last wrote a record, as far as was shown; -1 when it never did. */
  clockOf(record: RecordName): number {
    return this.#shown.clockOf(this.session, record);
  }

  /** As `work`, of what further holders must be told as well. */
  say(calling: Calling): Promise<unknown> {
    return this.work((ask) => {
      this.#said.say(calling);
      return ask(calling);
    });
  }

  /** Resolves once a record's segment, or everything, is that far. */
  async stage(stage: Stage, record: RecordName | undefined): Promise<void> {
    this.#refuseWhenClosed();
    return this.#stages.wait(stage, record);
  }

  watch(watching: Watching): () => void {
    const id = this.#nextId();
    this.#watches.set(id, watching);
    this.#sendWatch(id, watching, false);
    return () => {
      if (this.#watches.delete(id)) this.#send({ type: 'unwatch', id });
    };
  }

  setOffline(offline: boolean): void {
    this.#offline.ask(offline);
    this.#send({ type: 'offline', offline });
    this.#status.setOffline(offline);
  }

  /** Waits for what is being saved. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await Promise.allSettled(this.#works);
    await this.promised.settled();
    this.#cancelJoin();
    this.#letGo();
    this.#stages.end(closedError());
    this.#watches.clear();
    this.#status.clear();
    await this.#joining?.catch(() => undefined);
    // One that was under way may have come about meanwhile.
    this.#letGo();
    await this.#held?.close();
  }

  #letGo(): void {
    const connection = this.#connection;
    this.#connection = undefined;
    connection?.close();
  }

  #sendWatch(id: number, { method, namespace, args }: Watching, again: boolean): void {
    this.#send({
      type: 'watch',
      id,
      method,
      args: [...args],
      ...(namespace === undefined ? {} : { namespace }),
      again,
    });
  }

  /** Said to this holder; the next one is told by `#adopt`. */
  #send(message: Parameters<HolderConnection['send']>[0]): void {
    this.#connection?.send(message);
  }

  #adopt(connection: HolderConnection): void {
    const { welcome } = connection;
    const isFirst = this.#session === undefined;
    this.#connection = connection;
    this.#connections += 1;
    this.#seen = 0;
    this.#confirmed = 0;
    this.#session = welcome.session;
    this.#agentId = welcome.agent;
    this.#namespaces = welcome.namespaces;
    this.#status.tell(statusOf(welcome));
    this.#noteRelay(welcome.relay, welcome.pid);
    if (!isFirst) this.#bringAlong(connection);
    connection.listen({
      received: (message) => this.#received(message),
      lost: (error) => this.#lost(connection, error),
    });
    this.#requests.connected();
    if (!isFirst) this.#sayAgain();
  }

  #sayAgain(): void {
    for (const said of this.#said.all)
      this.#requests.ask(said).catch((error: unknown) => {
        const { method } = said;
        this.#options.runtime.log('warn', 'a new holder was not told again', {
          method,
          error: String(error),
        });
      });
  }

  /** Tells a new holder all that the last one knew of this session. */
  #bringAlong(connection: HolderConnection): void {
    for (const shown of this.#shown.parts(this.#options.limits.restoredRecords))
      connection.send({ type: 'restore', shown: [...shown] });
    const offline = this.#offline.askAgain();
    if (offline !== undefined) connection.send({ type: 'offline', offline });
    for (const [id, watching] of this.#watches) this.#sendWatch(id, watching, true);
    this.#stages.sayAgain();
  }

  #received(message: HolderMessage): void {
    switch (message.type) {
      case 'answer':
        this.#stages.answered(message.id);
        this.#requests.answered(message.id, message.value);
        break;
      case 'failed':
        this.#failed(message.id, errorOf(message));
        break;
      case 'shown':
        this.#showing(message as unknown as Showing);
        break;
      case 'status':
        this.#told(statusOf(message));
        break;
      case 'news':
        this.#news(message.watch, message.value);
        break;
      case 'leaving':
        // It answers what it has begun, then lets go; the rest is for the next one.
        this.#connection = undefined;
        this.#isLeft = true;
        this.#requests.disconnected();
    }
  }

  #told(status: MeshStatus): void {
    this.#offline.told(status.offline);
    this.#status.tell(status);
  }

  #failed(id: number, error: Error): void {
    this.#stages.failed(id, error);
    if (this.#watches.delete(id))
      this.#options.runtime.log('error', `a watch was refused: ${error.message}`);
    this.#requests.failed(id, error);
  }

  #showing(showing: Showing): void {
    this.#shown.keep(showing);
    this.#seen = showing.number;
    if (this.#seen - this.#confirmed < this.#options.limits.unconfirmedShowings) return;
    this.#confirmed = this.#seen;
    this.#send({ type: 'seen', seen: this.#seen });
  }

  #news(id: number, value: unknown): void {
    const watching = this.#watches.get(id);
    if (watching === undefined) return;
    try {
      watching.listener(value as never);
    } catch (error) {
      this.#options.runtime.log('error', `a listener of ${watching.method} threw`, {
        error: String(error),
      });
    }
  }

  #lost(connection: HolderConnection, error: MnemeshError | undefined): void {
    if (this.#connection !== undefined && this.#connection !== connection) return;
    this.#connection = undefined;
    this.#isLeft = false;
    this.#requests.disconnected();
    if (this.#closing !== undefined && this.#requests.isEmpty) return;
    const { runtime } = this.#options;
    runtime.log('info', 'the holder is gone', error === undefined ? {} : { error: error.message });
    this.#status.unlinked();
    this.#joinAgain();
  }

  #joinAgain(): void {
    if (this.#joining !== undefined) return;
    this.#cancelJoin();
    this.#joining = this.#join()
      .catch((error: unknown) => this.#abandon(error))
      .finally(() => {
        this.#joining = undefined;
        if (this.#connection === undefined && !this.#requests.isEmpty) this.#joinAgain();
      });
  }

  async #join(): Promise<void> {
    for (;;) {
      const joined = await this.#options.join(this.hello());
      if (joined.kind === 'attached') return this.#adopt(joined.connection);
      // From here on the replica is held here, and this is one of its guests.
      this.#held = joined.held;
    }
  }

  /** Nobody holds the replica, and this process cannot: whoever asked is told, and the next call tries again. */
  #abandon(error: unknown): void {
    const { runtime, limits } = this.#options;
    runtime.log('warn', 'no holder was found', { error: String(error) });
    this.#requests.abandon(error);
    if (this.#closing !== undefined) return;
    this.#cancelJoin = runtime.after(limits.joinAgainMs, () => this.#joinAgain());
  }

  #noteRelay(held: string | undefined, pid: number): void {
    const { relay, runtime } = this.#options;
    if (relay === held || relay === undefined) return;
    runtime.log(
      'warn',
      `${holderNamed(pid)} holds this replica and links it to ${held ?? 'no relay'}; ${relay} counts once that one has ended`,
    );
  }

  #nextId(): number {
    this.#ids += 1;
    return this.#ids;
  }

  #refuseWhenClosed(): void {
    if (this.#closing !== undefined) throw closedError();
  }
}

function closedError(): MnemeshError {
  return new MnemeshError('closed', 'This mesh is closed. Open it again.');
}
