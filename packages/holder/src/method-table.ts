import type { MemoryWrite, Mesh, Write } from '@mnemesh/core';

/**
 * How a method of a mesh behaves when a holder dies before it answered:
 *
 * - `reads`: it is asked again.
 * - `creates`: its options (the argument at `options`) take an id, which the guest gets before the
 *   call; repeated, it finds its own record.
 * - `imports`: likewise; the id is in its first argument.
 * - `changes`: its first argument is a record's id. One at a time is sent for each record, so that
 *   the clock of the session on that record tells whether it was done; if so, the record is read.
 * - `repeats`: it is done again in any case: for what means the same when done twice. If its first
 *   argument is a record's id, one at a time is sent for each record. `gives` says what it results in.
 * - `says`: likewise, and to every further holder again: what it says of itself or of its session, nobody stores.
 * - `watches`: its last argument is a listener. It is begun again. `again` is the read that gives what its
 *   listener is told once more of a record that may have changed unheard; one that is told of anything but
 *   records has none. Whoever is told of a record was shown it.
 */
export type Kind =
  | { readonly kind: 'reads' | 'imports' | 'says' }
  /** Whether its record is gone afterwards. */
  | { readonly kind: 'changes'; readonly forgets?: true }
  | { readonly kind: 'watches'; readonly again: 'get' | 'event' | 'never' }
  | { readonly kind: 'repeats'; readonly gives: 'write' | 'promise' }
  | { readonly kind: 'creates'; readonly options: number; readonly gives: 'write' | 'item' };

const reads = { kind: 'reads' } as const;
const imports = { kind: 'imports' } as const;
const changes = { kind: 'changes' } as const;
const forgets = { kind: 'changes', forgets: true } as const;
const says = { kind: 'says' } as const;
const watches = { kind: 'watches', again: 'get' } as const;
const watchesEvents = { kind: 'watches', again: 'event' } as const;
/** Watches that are told of no records. */
const hears = { kind: 'watches', again: 'never' } as const;
const creates = (options: number) => ({ kind: 'creates', options, gives: 'write' }) as const;
/** Creates that give a `MemoryWrite`. */
const remembers = (options: number) => ({ kind: 'creates', options, gives: 'item' }) as const;
/** Repeats that give a write. */
const repeats = { kind: 'repeats', gives: 'write' } as const;
/** Repeats that give a promise. */
const settles = { kind: 'repeats', gives: 'promise' } as const;

/** What every collection has. */
const collection = {
  create: creates(1),
  newId: reads,
  get: reads,
  getByRef: reads,
  list: reads,
  count: reads,
  update: changes,
  archive: changes,
  forget: forgets,
  forgotten: reads,
  watch: watches,
} as const;

/**
 * Every method of a mesh that a guest may call, and how. A method that is missing here, or listed as
 * what its result says it is not, does not compile.
 */
export const methodTable = {
  mesh: {
    agents: reads,
    recall: reads,
    context: reads,
    scrub: settles,
    // Done twice it may end a segment more, in which somebody wrote between the two.
    purge: settles,
    purged: reads,
    retain: settles,
    retentions: reads,
    prefer: says,
    reconnect: settles,
  },
  memory: {
    ...collection,
    create: remembers(1),
    import: imports,
    reconcile: remembers(2),
    summarize: remembers(2),
    similar: reads,
    lineage: reads,
    dependents: reads,
  },
  tasks: {
    ...collection,
    import: imports,
    updateImported: changes,
    claim: changes,
    renew: changes,
    release: changes,
    complete: changes,
    fail: changes,
    comment: changes,
    log: reads,
    ready: reads,
    blocked: reads,
    stale: reads,
    cycles: reads,
    situation: reads,
    notices: hears,
  },
  tools: { ...collection },
  prose: {
    ...collection,
    replace: changes,
    append: changes,
    pull: reads,
    push: settles,
    onText: hears,
  },
  conversations: {
    create: creates(1),
    newId: reads,
    get: reads,
    getByRef: reads,
    list: reads,
    count: reads,
    update: changes,
    forget: forgets,
    watch: watches,
    append: creates(2),
    events: reads,
    event: reads,
    watchEvents: watchesEvents,
    import: imports,
    importEvents: repeats,
  },
  conflicts: { list: reads, watch: hears, resolve: repeats },
  audit: { list: reads },
  policies: { list: reads, set: settles },
  // An invitation dies with the holder that made it: a new one is asked for, and completing the old one fails.
  peers: { invite: settles, answer: settles, complete: settles },
  personas: { ...collection },
  // Each has one record, of an id derived from the session's own.
  sessions: { begin: repeats, end: repeats, get: reads, list: reads },
  presence: { set: says, leave: says, list: reads, watch: hears },
} as const satisfies MethodTable;

/** What an attached mesh does itself, without a row here. */
type Own =
  | 'id'
  | 'replica'
  | 'agent'
  | 'session'
  | 'status'
  | 'onStatus'
  | 'setOffline'
  | 'acked'
  | 'close';
/** What a part of it does itself. */
type OwnMethod = 'in' | 'open';
// biome-ignore lint/suspicious/noExplicitAny: any arguments and any result
type AnyMethod = (...args: any[]) => unknown;

type MethodsOf<Part> = {
  readonly [Name in keyof Part as Part[Name] extends AnyMethod
    ? Exclude<Name, OwnMethod>
    : never]: Part[Name] extends AnyMethod ? KindOf<ReturnType<Part[Name]>> : never;
};

type KindOf<Result> = Result extends MemoryWrite
  ? { readonly kind: 'creates'; readonly options: number; readonly gives: 'item' }
  : Result extends Write<infer _>
    ?
        | { readonly kind: 'imports' | 'changes' }
        | { readonly kind: 'creates'; readonly options: number; readonly gives: 'write' }
        | { readonly kind: 'repeats'; readonly gives: 'write' }
    : Result extends PromiseLike<unknown>
      ?
          | { readonly kind: 'reads' | 'says' }
          | { readonly kind: 'repeats'; readonly gives: 'promise' }
      : Result extends () => void
        ? { readonly kind: 'watches'; readonly again: 'get' | 'event' | 'never' }
        : never;

type MethodTable = { readonly mesh: MethodsOf<Omit<Mesh, Own>> } & {
  readonly [Part in keyof Omit<Mesh, Own> as Mesh[Part] extends AnyMethod
    ? never
    : Part]: MethodsOf<Mesh[Part]>;
};

export interface Method {
  readonly part: string;
  readonly name: string;
  readonly kind: Kind;
}

const byName: ReadonlyMap<string, Method> = new Map(
  Object.entries(methodTable).flatMap(([part, methods]) =>
    Object.entries(methods as Readonly<Record<string, Kind>>).map(([name, kind]) => [
      `${part}.${name}`,
      { part, name, kind },
    ]),
  ),
);

/** By its full name: `tasks.update`, `mesh.recall`. */
export function methodNamed(name: string): Method | undefined {
  return byName.get(name);
}

/** The parts of a mesh, each with its methods. */
export function methodsByPart(): ReadonlyMap<string, readonly Method[]> {
  const parts = new Map<string, Method[]>();
  for (const method of byName.values()) {
    const known = parts.get(method.part);
    if (known === undefined) parts.set(method.part, [method]);
    else known.push(method);
  }
  return parts;
}

/** The id of the record that a call of this kind writes, as its arguments name it. */
export function recordIdOf(kind: Kind, args: readonly unknown[]): string | undefined {
  switch (kind.kind) {
    case 'changes':
    case 'repeats':
      return textOf(args[0]);
    case 'imports':
      return textOf((args[0] as { readonly id?: unknown } | null | undefined)?.id);
    case 'creates':
      return textOf((args[kind.options] as { readonly id?: unknown } | null | undefined)?.id);
    default:
      return undefined;
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
