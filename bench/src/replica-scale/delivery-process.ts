import { type Mesh, Replica, sessionOf } from '@mnemesh/core';
import { openAgent, replicaDirectory } from '@mnemesh/open-mesh';
import { lexicalRecall } from '@mnemesh/recall';
import { nodeRuntime, nodeSignatures } from '@mnemesh/runtime-node';
import { openSqliteStore } from '@mnemesh/storage-sqlite';
import { websocketTransport } from '@mnemesh/transport-websocket';
import { answerRequests } from './child.js';
import { cpuMsSince } from './cpu.js';
import { agentName, MESH } from './shape.js';
import { textOf } from './texts.js';
import { type SignatureCost, timedSignatures } from './timed-signatures.js';

/** One end of a delivery. Times are milliseconds of the machine's clock, which both ends share. */
export type DeliveryRequest =
  | {
      readonly kind: 'open';
      readonly data: string;
      readonly relay: string;
      readonly agent: number;
      readonly offline: boolean;
    }
  | {
      readonly kind: 'write';
      readonly records: number;
      /** Agents that write at the same time; of one alone, commits hold up to a hundred records. */
      readonly agents: number;
    }
  | { readonly kind: 'go-online' }
  | { readonly kind: 'await-records'; readonly records: number };

export interface Written {
  readonly ms: number;
  readonly cpuMs: number;
  readonly cost: SignatureCost;
}
export interface At {
  readonly at: number;
  /** Of the end that received, since it began to wait. */
  readonly cpuMs?: number;
  readonly cost: SignatureCost;
}

interface End {
  readonly replica: Replica;
  readonly mesh: Mesh;
  readonly data: string;
}

const signatures = timedSignatures(nodeSignatures);
let end: End | undefined;

answerRequests(
  async (request: DeliveryRequest): Promise<object> => {
    if (request.kind === 'open') {
      end = await open(request);
      return {};
    }
    if (end === undefined) throw new Error('open comes first');
    if (request.kind === 'write') return write(end, request.records, request.agents);
    if (request.kind === 'await-records') return arrived(end, request.records);
    const at = Date.now();
    end.mesh.setOffline(false);
    await end.mesh.acked();
    return { at, ackedMs: Date.now() - at, cost: signatures.cost() };
  },
  async () => end?.mesh.close(),
);

async function open({
  data,
  relay,
  agent,
  offline,
}: Extract<DeliveryRequest, { kind: 'open' }>): Promise<End> {
  const runtime = nodeRuntime();
  const transports = [websocketTransport({ url: relay, runtime })];
  const store = openSqliteStore({ directory: replicaDirectory(data), runtime });
  const replica = await Replica.open({
    mesh: MESH,
    store,
    runtime,
    signatures,
    transports,
    recall: lexicalRecall(),
  });
  const mesh = sessionOf(replica, await openAgent(data, agentName(agent)));
  mesh.setOffline(offline);
  return { replica, mesh, data };
}

async function write({ replica, data }: End, records: number, agents: number): Promise<Written> {
  const identities = await Promise.all(
    Array.from({ length: agents }, (_, n) => openAgent(data, agentName(n))),
  );
  const sessions = identities.map((agent) => sessionOf(replica, agent));
  const started = performance.now();
  const cpu = process.cpuUsage();
  await Promise.all(
    Array.from({ length: records }, (_, n) =>
      (sessions[n % agents] as Mesh).memory.create({ content: textOf(n), kind: 'fact' }),
    ),
  );
  return { ms: performance.now() - started, cpuMs: cpuMsSince(cpu), cost: signatures.cost() };
}

/** Counts what is saved here, as whoever watches sees it. */
async function arrived({ mesh }: End, records: number): Promise<At> {
  const seen = new Set<string>();
  const cpu = process.cpuUsage();
  await new Promise<void>((done) => {
    const stop = mesh.memory.watch((changes) => {
      for (const { id } of changes) seen.add(id);
      if (seen.size < records) return;
      stop();
      done();
    });
  });
  const at = Date.now();
  const cpuMs = cpuMsSince(cpu);
  const count = await mesh.memory.count();
  if (count !== records) throw new Error(`${count} records are here, not ${records}.`);
  return { at, cpuMs, cost: signatures.cost() };
}
