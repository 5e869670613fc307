import {
  type AgentIdentity,
  AttachedSession,
  type Collection,
  type CollectionChange,
  isContested,
  type Mesh,
  type RecordView,
  type Replica,
  type Showing,
  type Write,
} from '@mnemesh/core';
import {
  type Clock,
  MnemeshError,
  type Namespace,
  parseNamespace,
  parseRecordId,
  type RecordId,
} from '@mnemesh/protocol';
import type { HolderLimits } from './holder-limits.js';
import type {
  CallMessage,
  RecordName,
  ShownRecord,
  StageMessage,
  WatchMessage,
} from './messages.js';
import { type Method, methodNamed, methodsByPart, recordIdOf } from './method-table.js';
import type { RecentChange } from './recent-changes.js';

export interface GuestSessionOptions {
  readonly replica: Replica;
  readonly agent: AgentIdentity;
  readonly limits: HolderLimits;
  readonly resumed: { readonly id: string; readonly clock: number } | undefined;
  readonly tell: (showing: Showing) => void;
  /** Milliseconds since the epoch, for what was asked some time ago. Absent: the replica's. */
  readonly now?: () => number;
}

interface RecordPlace {
  readonly namespace: Namespace;
  readonly id: RecordId;
}

type AnyPart = Readonly<Record<string, (...args: unknown[]) => unknown>> & {
  in(namespace: string): AnyPart;
};

/** One guest's session at the replica: does what its messages ask. It outlives the guest's channel until what it began is done. */
export class GuestSession {
  readonly agent: AgentIdentity;
  readonly #session: AttachedSession;
  readonly #limits: HolderLimits;
  readonly #isResumed: boolean;
  readonly #watches = new Map<number, Watch>();
  readonly #working = new Set<Promise<unknown>>();
  /** Clocks of the records of which a guest that came back was in doubt. */
  readonly #lastWrites = new Map<string, Clock | undefined>();
  #stageWaits = 0;

  constructor({ replica, agent, limits, resumed, tell, now }: GuestSessionOptions) {
    this.agent = agent;
    this.#limits = limits;
    this.#isResumed = resumed !== undefined;
    this.#session = new AttachedSession(replica, agent, tell, resumed as never, now);
  }

  get id(): string {
    return this.#session.id;
  }

  /** Calls that are being worked on. */
  get working(): number {
    return this.#working.size;
  }

  /** Learns how far the last writes of these records came, before the session writes anything. */
  async resume(doubtful: readonly RecordName[]): Promise<void> {
    if (this.#isResumed) await this.#session.resume();
    for (const record of doubtful) {
      const { namespace, id } = parsedRecord(record);
      this.#lastWrites.set(keyOf(record), await this.#session.lastWrite(namespace, id));
    }
  }

  /** Of each part that has namespaces, the one it begins in. */
  namespaces(): Readonly<Record<string, string>> {
    const namespaces: Record<string, string> = {};
    for (const part of methodsByPart().keys()) {
      const { namespace } = (this.#session.reads as never)[part] ?? {};
      if (typeof namespace === 'string') namespaces[part] = namespace;
    }
    return namespaces;
  }

  /** What a call does to the record that it writes. */
  changeOf({ method: name, namespace, args }: CallMessage): RecentChange | undefined {
    const kind = methodNamed(name)?.kind;
    if (kind === undefined || namespace === undefined) return undefined;
    const id = recordIdOf(kind, args);
    if (id === undefined) return undefined;
    const isForgotten = kind.kind === 'changes' && kind.forgets === true;
    return { ...parsedRecord({ namespace, id }), origin: 'local', isForgotten };
  }

  /** What was shown is named by a record's id, or by the hash of a topic. */
  restore(shown: readonly ShownRecord[]): void {
    for (const { namespace, id, context } of shown)
      this.#session.restore(parseNamespace(namespace), id as RecordId, context as never);
  }

  arrived(number: number): void {
    this.#session.arrived(number);
  }

  /** @throws MnemeshError, as the method does; `bad_input` for a method that this version does not have */
  call(call: CallMessage): Promise<unknown> {
    const working = this.#call(call);
    this.#working.add(working);
    return working.finally(() => this.#working.delete(working));
  }

  async #call({ method: name, namespace, args, after, known }: CallMessage): Promise<unknown> {
    const method = knownMethod(name);
    const { kind } = method.kind;
    if (kind === 'watches') throw unknownMethod(name);
    if (kind === 'reads') return run(this.#reading(method, namespace), method, args);
    if (kind === 'changes') recordArgument(args);
    const part = this.#writing(method, namespace, known);
    if (kind === 'changes' && after !== undefined) {
      const done = await this.#doneBefore(part, args, after);
      if (done !== undefined) return done.value;
    }
    return run(part, method, args);
  }

  #reading({ part }: Method, namespace: string | undefined): AnyPart {
    return inNamespace(partOf(this.#session.reads, part), namespace);
  }

  /** Where agents may contradict each other, a call writes as one that knows what its user knew. */
  #writing(
    { part }: Method,
    namespace: string | undefined,
    known: ShownRecord | undefined,
  ): AnyPart {
    if (!isContested(part)) return inNamespace(partOf(this.#session.writes, part), namespace);
    const opened = this.#session.contested(
      part,
      known === undefined ? undefined : { ...parsedRecord(known), context: known.context as never },
    );
    return inNamespace(opened as unknown as AnyPart, namespace);
  }

  /** A change whose effect is there already is not made again: its record is given as it is now. */
  async #doneBefore(
    part: AnyPart,
    args: readonly unknown[],
    after: Clock,
  ): Promise<{ readonly value: unknown } | undefined> {
    const { namespace, get } = part as unknown as Collection<RecordView, object, object>;
    const id = recordArgument(args);
    // A guest that could not come back for a while is in no doubt when it does, and asks anew.
    const key = keyOf({ namespace, id });
    const last = this.#lastWrites.has(key)
      ? this.#lastWrites.get(key)
      : await this.#session.lastWrite(namespace, id);
    if (last === undefined || last <= after) return undefined;
    return { value: await get.call(part, id) };
  }

  async stage({ stage, record }: StageMessage): Promise<void> {
    if (this.#stageWaits >= this.#limits.stageWaits) throw overloaded('waits', this.#stageWaits);
    this.#stageWaits += 1;
    try {
      if (record === undefined) return await this.#session.writes.acked();
      const { namespace, id } = parsedRecord(record);
      await this.#session[stage](namespace, id);
    } finally {
      this.#stageWaits -= 1;
    }
  }

  /** @param listener is told what the method tells its own */
  async watch(
    { id, method: name, namespace, args, again }: WatchMessage,
    recent: readonly RecentChange[],
    listener: (value: unknown) => void,
  ): Promise<void> {
    const method = knownMethod(name);
    const { kind } = method;
    if (kind.kind !== 'watches') throw unknownMethod(name);
    if (this.#watches.size >= this.#limits.watchers)
      throw overloaded('watchers', this.#watches.size);
    this.#watches.get(id)?.stop();
    const part = this.#reading(method, namespace);
    const stop = part[method.name]?.(...args, listener) as () => void;
    const watch = { namespace: part.namespace, read: readOf(part, kind.again), listener, stop };
    this.#watches.set(id, watch);
    if (again) await tellAgain(watch, recent);
  }

  unwatch(id: number): void {
    this.#watches.get(id)?.stop();
    this.#watches.delete(id);
  }

  /** Who watches records is told of this one, which may have changed unseen when a holder died. */
  async tellAgain(change: RecentChange): Promise<void> {
    await Promise.all([...this.#watches.values()].map((watch) => tellAgain(watch, [change])));
  }

  /** Nobody listens any more. What was begun goes on. */
  leave(): void {
    this.#session.leave().catch(noted);
    for (const { stop } of this.#watches.values()) stop();
    this.#watches.clear();
  }

  /** Resolves when nothing that was begun is still under way. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#working);
  }
}

interface Watch {
  readonly namespace: unknown;
  /** Gives what the listener is told of a record. Absent where it is told of no records. */
  readonly read: ((id: RecordId) => Promise<RecordView | undefined>) | undefined;
  readonly listener: (value: unknown) => void;
  readonly stop: () => void;
}

async function tellAgain(
  { namespace: watched, read, listener }: Watch,
  recent: readonly RecentChange[],
): Promise<void> {
  if (read === undefined) return;
  const changes: CollectionChange<RecordView>[] = [];
  for (const { namespace, id, origin, isForgotten } of recent) {
    if (namespace !== watched) continue;
    const record = await read(id);
    // Not every record of a namespace is of the kind that is watched.
    if (record !== undefined || isForgotten) changes.push({ id, record, origin });
  }
  if (changes.length > 0) listener(changes);
}

function readOf(part: AnyPart, again: 'get' | 'event' | 'never'): Watch['read'] {
  if (again === 'never') return undefined;
  return (id) => part[again]?.(id) as Promise<RecordView | undefined>;
}

function knownMethod(name: string): Method {
  const method = methodNamed(name);
  if (method === undefined) throw unknownMethod(name);
  return method;
}

function unknownMethod(name: string): MnemeshError {
  return new MnemeshError(
    'bad_input',
    `Whoever holds this replica cannot "${name}". If it is of an older version, end it: the next one is of this version.`,
  );
}

function overloaded(what: string, count: number): MnemeshError {
  return new MnemeshError('overloaded', `${count} ${what} are open already. End some first.`, {
    retryable: true,
  });
}

function partOf(mesh: Mesh, part: string): AnyPart {
  return (part === 'mesh' ? mesh : mesh[part as 'memory']) as unknown as AnyPart;
}

function inNamespace(part: AnyPart, namespace: string | undefined): AnyPart {
  return namespace === undefined ? part : part.in(parseNamespace(namespace));
}

async function run(part: AnyPart, { name }: Method, args: readonly unknown[]): Promise<unknown> {
  const result = part[name]?.(
    // JSON has no undefined: an argument that was left out before another arrives as null.
    ...args.map((arg) => arg ?? undefined),
  );
  return (result as PromiseLike<unknown> | Write<unknown>) ?? undefined;
}

function recordArgument(args: readonly unknown[]): RecordId {
  const [id] = args;
  if (typeof id !== 'string') throw new MnemeshError('bad_input', 'A record is named by its id.');
  return parseRecordId(id);
}

function parsedRecord({ namespace, id }: RecordName): RecordPlace {
  return { namespace: parseNamespace(namespace), id: parseRecordId(id) };
}

function keyOf({ namespace, id }: { readonly namespace: string; readonly id: string }): string {
  return `${namespace}\n${id}`;
}

/** A replica that is closed has told that its sessions leave. */
function noted(): void {}
