import {
  type AgentIdentity,
  type MemoryItem,
  MemoryWrite,
  type Mesh,
  type SimilarItem,
  Write,
  type Written,
} from '@mnemesh/core';
import { type AgentId, type MeshId, MnemeshError, parseNamespace } from '@mnemesh/protocol';
import type { AttachedClient } from './attached-client.js';
import type { RecordName } from './messages.js';
import { type Method, methodsByPart, recordIdOf } from './method-table.js';
import type { Calling } from './request-queue.js';

/** A mesh of which every method is a call to whoever holds the replica. */
export function attachedMesh(
  id: MeshId,
  { name, kind = 'agent' }: AgentIdentity,
  client: AttachedClient,
): Mesh {
  const parts: Record<string, object> = {};
  for (const [part, methods] of methodsByPart())
    parts[part] = attachedPart(client, methods, client.namespaceOf(part));
  const { mesh: own, ...others } = parts;
  const mesh: Partial<Mesh> = {
    ...others,
    ...own,
    id,
    agent: { id: client.agentId as AgentId, name, kind },
    onStatus: (listener) => client.onStatus(listener),
    acked: () => client.stage('acked', undefined),
    setOffline: (offline) => client.setOffline(offline),
    close: () => client.close(),
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
  methods: readonly Method[],
  namespace: string | undefined,
): object {
  const part: Record<string, AnyMethod> = {};
  for (const method of methods) part[method.name] = attachedMethod(client, method, namespace);
  if (namespace === undefined) return part;
  return {
    ...part,
    namespace,
    in: (other: string) => attachedPart(client, methods, parseNamespace(other)),
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
    if (id === undefined || namespace === undefined) return calling(args);
    return { ...calling(args), record: { namespace, id } };
  };
  switch (kind.kind) {
    case 'reads':
      return (...args) => client.work((ask) => ask(calling(args)));
    case 'says':
      return (...args) => client.say(calling(args));
    case 'watches':
      return (...args) =>
        client.watch({ ...calling(args.slice(0, -1)), listener: args.at(-1) as never });
    case 'creates':
      return (...args) => {
        const working = client.work(async (ask) => {
          const options = (args[kind.options] ?? {}) as { readonly id?: unknown };
          const id = options.id ?? (await ask({ method: `${part}.newId`, namespace, args: [] }));
          const named: unknown[] = [...args];
          for (let i = 0; i < kind.options; i++) named[i] ??= null;
          named[kind.options] = { ...options, id };
          return done(ask, recorded(named));
        });
        if (kind.gives === 'write') return attachedWrite(client, working);
        return attachedItem(client, working, (item) => {
          const similar = { method: `${part}.similar`, namespace, args: [item.id] };
          return client.work((ask) => ask(similar)) as Promise<readonly SimilarItem[]>;
        });
      };
    case 'repeats':
      if (kind.gives === 'promise') return (...args) => client.work((ask) => ask(recorded(args)));
      return (...args) =>
        attachedWrite(
          client,
          client.work((ask) => done(ask, recorded(args))),
        );
    default:
      return (...args) =>
        attachedWrite(
          client,
          client.work((ask) => done(ask, recorded(args))),
        );
  }
}

interface Done {
  readonly value: unknown;
  readonly record: RecordName | undefined;
}

async function done(ask: (calling: Calling) => Promise<unknown>, calling: Calling): Promise<Done> {
  return { value: await ask(calling), record: calling.record };
}

function attachedWrite(client: AttachedClient, working: Promise<Done>): Write<unknown> {
  return new Write(working.then((one) => written(client, one)));
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
    return { value: item, stages, confirmed: item.id !== one.record?.id };
  });
  return new MemoryWrite(saved, similar);
}

function written(client: AttachedClient, { value, record: named }: Done): Written<unknown> {
  const record = recordIn(value) ?? named;
  const stages = {
    acked: () => client.stage('acked', record),
    synced: async () => {
      if (record !== undefined) return client.stage('synced', record);
      throw new MnemeshError(
        'bad_input',
        'Only a write of one record can be awaited until synced.',
      );
    },
  };
  return { value, stages };
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
