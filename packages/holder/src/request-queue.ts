import { MnemeshError } from '@mnemesh/protocol';
import type { HolderLimits } from './holder-limits.js';
import { type CallMessage, checkJson, type RecordName, type ShownRecord } from './messages.js';
import { keyOf } from './shown-memory.js';

/** One call of a method. */
export interface Calling {
  /** `tasks.update` */
  readonly method: string;
  readonly namespace?: string | undefined;
  readonly args: readonly unknown[];
  /** The record that it writes: calls that write the same are sent one after another. */
  readonly record?: RecordName | undefined;
  /** What had been shown of the record when it was called, where that is longer ago. */
  readonly known?: ShownRecord | undefined;
  /** It was asked before, and may have been done: it was if its session has written the record above this clock. */
  readonly after?: number | undefined;
}

/** The last showing that had arrived, and on which connection: each counts its own. */
export interface Seen {
  readonly number: number;
  readonly connection: number;
}

export interface RequestQueueHost {
  readonly limits: HolderLimits;
  /** To the present holder. @throws MnemeshError `too_large` */
  send(message: CallMessage): void;
  seen(): Seen;
  /** The clock at which the session last wrote a record, as far as was shown; -1 when it never did. */
  clockOf(record: RecordName): number;
  /** What the session was shown of a record. */
  shownOf(record: RecordName): ShownRecord;
  /** Something is to be sent, and there is no connection. */
  needed(): void;
}

interface Request extends Calling {
  readonly id: number;
  readonly seen: Seen;
  /** What had been shown of its record when it was asked. */
  readonly known: ShownRecord | undefined;
  /** It waited for another, or is sent again: more may have been shown since. */
  late: boolean;
  /** The clock of its session on its record, before it was sent for the first time. */
  after: number | undefined;
  sent: boolean;
  readonly done: (value: unknown) => void;
  readonly failed: (error: unknown) => void;
}

/** What a guest has asked and was not answered: kept, in order, until some holder has answered it. */
export class RequestQueue {
  readonly #host: RequestQueueHost;
  readonly #nextId: () => number;
  readonly #requests = new Map<number, Request>();
  readonly #lanes = new Map<string, Promise<void>>();
  #unsent: Request[] = [];
  #isConnected = false;
  #inFlight = 0;
  #waiting = 0;

  /** @param nextId ids that nothing else of this guest has */
  constructor(host: RequestQueueHost, nextId: () => number) {
    this.#host = host;
    this.#nextId = nextId;
  }

  get isEmpty(): boolean {
    return this.#requests.size === 0;
  }

  /** Records of which nobody knows here whether a write was done. */
  get doubtful(): RecordName[] {
    return [...this.#requests.values()].flatMap(({ sent, record }) =>
      sent && record !== undefined ? [record] : [],
    );
  }

  /** @throws MnemeshError as the method does; `bad_input`, `overloaded`, `too_large`, and why there is no holder */
  async ask(calling: Calling): Promise<unknown> {
    checkJson(calling.args, 'arguments');
    if (this.#waiting >= this.#host.limits.requestsWaiting) {
      throw new MnemeshError(
        'overloaded',
        `${this.#waiting} requests are waiting already. Await some before the next.`,
        { retryable: true },
      );
    }
    this.#waiting += 1;
    try {
      return await (calling.record === undefined
        ? this.#request(calling)
        : this.#inLane(calling, calling.record));
    } finally {
      this.#waiting -= 1;
    }
  }

  /** There is a holder: it is asked everything that was not answered. */
  connected(): void {
    this.#isConnected = true;
    this.#inFlight = 0;
    this.#unsent = [...this.#requests.values()];
    this.#pump();
  }

  disconnected(): void {
    this.#isConnected = false;
  }

  answered(id: number, value: unknown): void {
    this.#settle(id, ({ done }) => done(value));
  }

  failed(id: number, error: unknown): void {
    this.#settle(id, ({ failed }) => failed(error));
  }

  /** Nobody will answer. */
  abandon(error: unknown): void {
    this.#unsent = [];
    const requests = [...this.#requests.values()];
    this.#requests.clear();
    for (const { failed } of requests) failed(error);
  }

  /** Writes of one record are sent one at a time: so a clock above that of the last one means that this one was done. */
  #inLane(calling: Calling, record: RecordName): Promise<unknown> {
    const key = keyOf(record);
    const before = this.#lanes.get(key);
    const known = calling.known ?? this.#host.shownOf(record);
    const request =
      before === undefined
        ? this.#request(calling, known, calling.known !== undefined)
        : before.then(() => this.#request(calling, known, true));
    const lane = request.then(noted, noted).then(() => {
      if (this.#lanes.get(key) === lane) this.#lanes.delete(key);
    });
    this.#lanes.set(key, lane);
    return request;
  }

  #request(calling: Calling, known?: ShownRecord, late = false): Promise<unknown> {
    return new Promise((done, failed) => {
      const request: Request = {
        ...calling,
        id: this.#nextId(),
        seen: this.#host.seen(),
        known,
        late,
        after: calling.after,
        sent: calling.after !== undefined,
        done,
        failed,
      };
      this.#requests.set(request.id, request);
      this.#unsent.push(request);
      this.#pump();
    });
  }

  #pump(): void {
    if (!this.#isConnected) {
      if (this.#unsent.length > 0) this.#host.needed();
      return;
    }
    while (this.#unsent.length > 0 && this.#inFlight < this.#host.limits.requestsInFlight)
      this.#send(this.#unsent.shift() as Request);
  }

  #send(request: Request): void {
    const { id, method, namespace, args, record, seen, sent, known } = request;
    const isAsOf = seen.connection === this.#host.seen().connection;
    const isLate = request.late || sent || !isAsOf;
    request.after ??= record === undefined ? -1 : this.#host.clockOf(record);
    request.sent = true;
    this.#inFlight += 1;
    try {
      this.#host.send({
        type: 'call',
        id,
        method,
        args: [...args],
        ...(namespace === undefined ? {} : { namespace }),
        seen: isAsOf ? seen.number : 0,
        ...(sent ? { after: request.after } : {}),
        ...(known !== undefined && isLate ? { known } : {}),
      });
    } catch (error) {
      this.failed(id, error);
    }
  }

  #settle(id: number, settle: (request: Request) => void): void {
    const request = this.#requests.get(id);
    if (request === undefined) return;
    this.#requests.delete(id);
    this.#inFlight -= 1;
    settle(request);
    this.#pump();
  }
}

/** Its caller was told. */
function noted(): void {}
