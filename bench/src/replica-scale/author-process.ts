import { type Mesh, Replica, sessionOf } from '@mnemesh/core';
import { openAgent, replicaDirectory } from '@mnemesh/open-mesh';
import { lexicalRecall } from '@mnemesh/recall';
import { nodeRuntime, nodeSignatures } from '@mnemesh/runtime-node';
import { openSqliteStore } from '@mnemesh/storage-sqlite';
import { answerRequests } from './child.js';
import { agentName, MESH, type Shape } from './shape.js';
import { textOf } from './texts.js';
import { type SignatureCost, timedSignatures } from './timed-signatures.js';

export interface AuthorRequest {
  readonly kind: 'author';
  readonly data: string;
  readonly shape: Shape;
  /** Numbers of the records to author: from, and up to but not including, to. */
  readonly from: number;
  readonly to: number;
}

export interface Authored {
  readonly ms: number;
  readonly cost: SignatureCost;
  readonly first: { readonly id: string; readonly namespace: string };
}

/** Records authored in one turn: half of them one commit each, half in commits of a hundred. */
const ROUND = 1_000;
const BATCH = 100;

answerRequests(async (request: AuthorRequest) => author(request));

async function author({ data, shape, from, to }: AuthorRequest): Promise<Authored> {
  const runtime = nodeRuntime();
  const signatures = timedSignatures(nodeSignatures);
  const store = openSqliteStore({ directory: replicaDirectory(data), runtime });
  const names = Array.from({ length: shape.agents }, (_, n) => agentName(n));
  const agents = await Promise.all(names.map((name) => openAgent(data, name)));
  const recall = lexicalRecall();
  const replica = await Replica.open({ mesh: MESH, store, runtime, signatures, recall });
  const sessions = agents.map((agent) => sessionOf(replica, agent));
  const started = performance.now();
  let first: Authored['first'] | undefined;
  for (let n = from; n < to; n += ROUND) {
    const firstOfRound = await authorRound(sessions, shape, n, Math.min(n + ROUND, to));
    first ??= firstOfRound;
  }
  const ms = performance.now() - started;
  await replica.close();
  return { ms, cost: signatures.cost(), first: first as Authored['first'] };
}

/** @returns where the first record is */
async function authorRound(
  sessions: readonly Mesh[],
  shape: Shape,
  from: number,
  to: number,
): Promise<Authored['first']> {
  const middle = from + Math.ceil((to - from) / 2);
  let first: Authored['first'] | undefined;
  // Sessions that write at the same time share a flush to the disk, and sign one commit each.
  for (let n = from; n < middle; n += sessions.length) {
    const end = Math.min(n + sessions.length, middle);
    const written = await Promise.all(
      numbers(n, end).map((each) => create(sessions[each - n] as Mesh, shape, each)),
    );
    first ??= written[0];
  }
  for (let n = middle; n < to; n += BATCH) {
    const session = sessions[((n / BATCH) % sessions.length) | 0] as Mesh;
    await Promise.all(
      numbers(n, Math.min(n + BATCH, to)).map((each) => create(session, shape, each)),
    );
  }
  return first as Authored['first'];
}

/** Every tenth record is a task, the others are memory items. */
async function create(session: Mesh, shape: Shape, n: number): Promise<Authored['first']> {
  const conversation = n % shape.conversations;
  const own = shape.spread === 'namespaces' ? `/c${conversation}` : '';
  const topic = `conversation-${conversation}`;
  if (n % 10 === 9) {
    const tasks = own === '' ? session.tasks : session.tasks.in(`shared/tasks${own}`);
    return tasks.create({ title: textOf(n).slice(0, 80), notes: textOf(n), tags: [topic] });
  }
  const memory = own === '' ? session.memory : session.memory.in(`shared/memory${own}`);
  return memory.create({ content: textOf(n), kind: 'fact', topic });
}

function numbers(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}
