import {
  type AgentIdentity,
  type MemoryItem,
  MemoryWrite,
  type Mesh,
  type SimilarItem,
  Write,
  type Written,
} from '@mnemesh/core';
import {
  type AgentId,
  type MeshId,
  MnemeshError,
  parseNamespace,
  parseRecordId,
} from '@mnemesh/protocol';
import type { AttachedClient } from './attached-client.js';
import { AttachedEditors } from './attached-editors.js';
import { checkJson, type RecordName } from './messages.js';
import { type Method, methodsByPart, recordIdOf } from './method-table.js';
import type { Calling } from './request-queue.js';
import { textOf } from './text-name.js';

/** A mesh of which every method is a call to whoever holds the replica. */
export function attachedMesh(
  id: MeshId,
  { name, kind = 'agent' }: AgentIdentity,
  client: AttachedClient,
): Mesh {
  const editors = new AttachedEditors(client);
  const parts: Record<string, object> = {};
  for (const [part, methods] of methodsByPart())
    parts[part] = attachedPart(client, editors, methods, client.namespaceOf(part));
  const { mesh: own, ...others } = parts;
  const mesh: Partial<Mesh> = {
    ...others,
    ...own,
    id,
    agent: { id: client.agentId as AgentId, name, kind },
    onStatus: (listener) => client.onStatus(listener),
    acked: () => client.stage('acked', undefined),
    setOffline: (offline) => client.setOffline(offline),
    close: async () => {
      await editors.close();
      await client.close();
    },
  };
  // The table lists every method that the type demands: without one it would not compile.
  return Object.defineProperties(mesh, {
    session: { get: () => client.session, enumerable: true },
    status: { get: () => client.status, enumerable: true },
    replica: { get: () => client.status.replica, enumerable: true },
  }) as Mesh;
}

type AnyMethod = (...args: unknown[]) => unknown;

function attachedPart(
  client: AttachedClient,
  editors: AttachedEditors,
  methods: readonly Method[],
  namespace: string | undefined,
): object {
  const part: Record<string, AnyMethod> = {};
  for (const method of methods) part[method.name] = attachedMethod(client, method, namespace);
  if (namespace === undefined) return part;
  const isProse = methods.some((method) => method.part === 'prose');
  return {
    ...part,
    ...(isProse ? { open: editors.opener(part as never, namespace) } : {}),
    namespace,
    in: (other: string) => attachedPart(client, editors, methods, parseNamespace(other)),
  };
}

function attachedMethod(
  client: AttachedClient,
  { part, name, kind }: Method,
  namespace: string | undefined,
): AnyMethod {
  const method = `${part}.${name}`;
  const calling = (args: readonly unknown[]): Calling => ({ method, namespace, args: given(args) });
  const recorded = (args: readonly unknown[]): Calling => {
    const id = recordIdOf(kind, args);
    if (id === undefined || namespace === undefined || !isRecordId(id)) return calling(args);
    return { ...calling(args), record: { namespace, id } };
  };
  switch (kind.kind) {
    case 'reads':
      return (...args) =>
        client.work(async (ask) => {
          await client.promised.caughtUp();
          const value = await ask(calling(args));
          client.seen?.note(part, name, value);
          return value;
        });
    case 'says':
      return (...args) => client.say(calling(args));
    case 'watches':
      return (...args) => {
        const listener = args.at(-1) as (value: never) => void;
        return client.watch({
          ...calling(args.slice(0, -1)),
          listener: (value) => {
            if (name === 'watch') client.seen?.told(part, namespace ?? '', value);
            listener(value);
          },
        });
      };
    case 'creates':
      return (...args) => {
        const working = client.work((ask) =>
          create(client, ask, { part, name, kind }, namespace, args),
        );
        if (kind.gives === 'write') return attachedWrite(client, part, working);
        return attachedItem(client, working, (item) => {
          const similar = { method: `${part}.similar`, namespace, args: [item.id] };
          return client.work(async (ask) => {
            await client.promised.caughtUp();
            return ask(similar);
          }) as Promise<readonly SimilarItem[]>;
        });
      };
    case 'repeats':
      if (kind.gives === 'promise') return (...args) => client.work((ask) => ask(recorded(args)));
      return (...args) =>
        attachedWrite(
          client,
          part,
          client.work(async (ask) => {
            // It may write any record.
            await client.promised.caughtUp();
            return done(client, ask, recorded(args));
          }),
        );
    case 'changes':
      return (...args) =>
        attachedWrite(
          client,
          part,
          client.work((ask) => change(client, ask, { part, name }, recorded(args))),
        );
    default:
      return (...args) =>
        attachedWrite(
          client,
          part,
          client.work((ask) => done(client, ask, recorded(args))),
        );
  }
}

interface Done {
  readonly value: unknown;
  readonly record: RecordName | undefined;
}

/** With an id that is chosen before it is sent; one that the caller chose may be of a record that is there. */
async function create(
  client: AttachedClient,
  ask: (calling: Calling) => Promise<unknown>,
  { part, name, kind }: Method,
  namespace: string | undefined,
  args: readonly unknown[],
): Promise<Done> {
  const at = kind.kind === 'creates' ? kind.options : 0;
  const options = (args[at] ?? {}) as { readonly id?: unknown };
  const id = options.id ?? (await freshId(client, ask, part, namespace));
  const named: unknown[] = [...args];
  for (let i = 0; i < at; i++) named[i] ??= null;
  named[at] = { ...options, id };
  const call = { method: `${part}.${name}`, namespace, args: plain(given(named)) };
  if (namespace === undefined || typeof id !== 'string') return done(client, ask, call);
  const record = { namespace, id };
  const recorded = { ...call, record };
  // What it names must be there.
  if (name !== 'create' || supersedes(args[0])) await client.promised.caughtUp();
  if (name !== 'create' || options.id !== undefined) return done(client, ask, recorded);
  const known = client.shownOf(record);
  const { value, isPromised } = await client.promised.sooner({
    ask: () => ask(recorded),
    clock: () => client.clockOf(record),
    intent: {
      kind: 'creates',
      ...{ part, name, args: call.args, record, session: client.session },
      shownOf: (one) => client.shownOf({ namespace, id: one }),
    },
  });
  if (isPromised) client.seen?.promised(part, value, known);
  else client.seen?.note(part, name, value);
  return { value, record };
}

/** Of a record that this guest was never given, nobody can say here what a change makes. */
async function change(
  client: AttachedClient,
  ask: (calling: Calling) => Promise<unknown>,
  method: Pick<Method, 'part' | 'name'>,
  calling: Calling,
): Promise<Done> {
  const { part, name } = method;
  const { record } = calling;
  if (record === undefined || client.seen === undefined) return done(client, ask, calling);
  const { seen, promised } = client;
  const last = seen.of(part, record);
  if (name === 'forget') seen.forget(part, record);
  const known = last.known ?? client.shownOf(record);
  const asked = { ...calling, args: plain(calling.args), known };
  if (last.view === undefined) {
    const value = await promised.inTurn(record, () => ask(asked));
    seen.note(part, name, value);
    return { value, record };
  }
  const { value, isPromised } = await promised.sooner({
    ask: (after) => ask({ ...asked, after }),
    clock: () => client.clockOf(record),
    intent: {
      kind: 'changes',
      ...{ part, name, args: asked.args, record, session: client.session },
      ...{ seen: last.view, known },
    },
  });
  if (isPromised) seen.promised(part, value, known);
  else seen.note(part, name, value);
  return { value, record };
}

/** As it goes over the wire: without what JSON leaves out, and nobody changes it before it is sent. @throws MnemeshError `bad_input` */
function plain(args: readonly unknown[]): readonly unknown[] {
  checkJson(args, 'arguments');
  return JSON.parse(JSON.stringify(args)) as readonly unknown[];
}

function supersedes(input: unknown): boolean {
  const { supersedes: ids } = (input ?? {}) as { readonly supersedes?: unknown };
  return Array.isArray(ids) && ids.length > 0;
}

/** An id that nobody has to be asked for, where one of the same namespace was given out before. */
async function freshId(
  client: AttachedClient,
  ask: (calling: Calling) => Promise<unknown>,
  part: string,
  namespace: string | undefined,
): Promise<unknown> {
  const { intents } = client.promised;
  const known = namespace === undefined ? undefined : intents?.freshId(part, namespace);
  if (known !== undefined) return known;
  const id = await ask({ method: `${part}.newId`, namespace, args: [] });
  if (namespace !== undefined) intents?.learn(part, namespace, String(id));
  return id;
}

async function done(
  client: AttachedClient,
  ask: (calling: Calling) => Promise<unknown>,
  calling: Calling,
): Promise<Done> {
  const { record } = calling;
  return { value: await client.promised.inTurn(record, () => ask(calling)), record };
}

function attachedWrite(
  client: AttachedClient,
  part: string,
  working: Promise<Done>,
): Write<unknown> {
  return new Write(
    working.then((one) => {
      const record = recordIn(one.value) ?? one.record;
      // Of a prose document the text counts, which is acked and synced together with its record.
      return written(client, one, part === 'prose' ? textOf(record) : record);
    }),
  );
}

function attachedItem(
  client: AttachedClient,
  working: Promise<Done>,
  similar: (item: MemoryItem) => Promise<readonly SimilarItem[]>,
): MemoryWrite {
  const saved = working.then((one) => {
    const { value, stages } = written(client, one);
    const item = value as MemoryItem;
    // An item of another id than was asked for was there before, and now has a confirmation.
    return { value: item, stages, confirmed: localOf(item.id) !== localOf(one.record?.id) };
  });
  return new MemoryWrite(saved, similar);
}

function written(
  client: AttachedClient,
  { value, record: named }: Done,
  record = recordIn(value) ?? named,
): Written<unknown> {
  const stages = {
    acked: async () => {
      await client.promised.caughtUp();
      return client.stage('acked', record);
    },
    synced: async () => {
      await client.promised.caughtUp();
      if (record !== undefined) return client.stage('synced', record);
      throw new MnemeshError(
        'bad_input',
        'Only a write of one record can be awaited until synced.',
      );
    },
  };
  return { value, stages };
}

/** One of another form is for the method to refuse: it must not be in the way of the session's other calls. */
function isRecordId(id: string): boolean {
  try {
    parseRecordId(id);
    return true;
  } catch {
    return false;
  }
}

/** It stays with a record whose segment was over when it came to be written. */
function localOf(id: string | undefined): string | undefined {
  return id?.slice(id.indexOf('.') + 1);
}

/** What a write gives says best where it was written. */
function recordIn(value: unknown): RecordName | undefined {
  const { namespace, id } = (value ?? {}) as {
    readonly namespace?: unknown;
    readonly id?: unknown;
  };
  return typeof namespace === 'string' && typeof id === 'string' ? { namespace, id } : undefined;
}

/** Without what was left out at the end, so that it is left out there too. */
function given(args: readonly unknown[]): readonly unknown[] {
  let count = args.length;
  while (count > 0 && args[count - 1] === undefined) count--;
  return args.slice(0, count);
}
