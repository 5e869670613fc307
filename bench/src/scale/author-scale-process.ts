import { setTimeout } from 'node:timers/promises';
import { type Mesh, Replica, sessionOf } from '@mnemesh/core';
import { openAgent, replicaDirectory } from '@mnemesh/open-mesh';
import type { RecordId } from '@mnemesh/protocol';
import { lexicalRecall } from '@mnemesh/recall';
import { nodeRuntime, nodeSignatures } from '@mnemesh/runtime-node';
import { openSqliteStore } from '@mnemesh/storage-sqlite';
import { answerRequests } from '../replica-scale/child.js';
import { MESH } from '../replica-scale/shape.js';
import { textOf } from '../replica-scale/texts.js';
import { planned } from './corpus.js';

export type AuthorScaleRequest =
  /** What `corpus.ts` plans. */
  | { readonly kind: 'records'; readonly data: string; readonly count: number }
  /** Tasks, of which every third waits for an earlier one. */
  | { readonly kind: 'tasks'; readonly data: string; readonly count: number }
  /** Topics on which two sessions wrote unread of each other. */
  | { readonly kind: 'topics'; readonly data: string; readonly count: number }
  | { readonly kind: 'items'; readonly data: string; readonly count: number };

/** Records that are written together. */
const BATCH = 500;
/** Topics that are contested at one moment: in a mesh they come one by one. */
const TOPICS_AT_ONCE = 10;

/** Milliseconds in which what was written last is indexed. A replica that ends sooner indexes it when it is opened next. */
const RESTS_MS = 5_000;

answerRequests(author);

async function author({ kind, data, count }: AuthorScaleRequest): Promise<object> {
  const runtime = nodeRuntime();
  const replica = await Replica.open({
    mesh: MESH,
    store: openSqliteStore({ directory: replicaDirectory(data), runtime }),
    runtime,
    signatures: nodeSignatures,
    recall: lexicalRecall(),
  });
  const ana = sessionOf(replica, await openAgent(data, 'ana'));
  const bo = sessionOf(replica, await openAgent(data, 'bo'));
  const began = performance.now();
  if (kind === 'records') await authorRecords(ana, count);
  else if (kind === 'tasks') await authorTasks(ana, count);
  else if (kind === 'items')
    await inBatches(count, (n) => ana.memory.create({ content: textOf(n), kind: 'fact' }));
  else
    await inBatches(
      count,
      (n) => Promise.all([ana, bo].map((one) => onTopic(one, n))),
      TOPICS_AT_ONCE,
    );
  const ms = performance.now() - began;
  await setTimeout(RESTS_MS);
  await replica.close();
  return { ms };
}

function onTopic(session: Mesh, n: number): PromiseLike<unknown> {
  const content = `${session.agent.name} says ${textOf(n)}`;
  return session.memory.create({ content, kind: 'decision', topic: `topic ${n}` });
}

async function authorRecords(mesh: Mesh, count: number): Promise<void> {
  const conversations = new Map<number, Promise<RecordId>>();
  const conversationOf = (n: number): Promise<RecordId> => {
    const known =
      conversations.get(n) ??
      Promise.resolve(mesh.conversations.create({ title: `Talk ${n}` })).then(({ id }) => id);
    conversations.set(n, known);
    return known;
  };
  await inBatches(count, async (n) => {
    const one = planned(n);
    if (one.kind === 'fact') return mesh.memory.create(one);
    if (one.kind === 'task') return mesh.tasks.create({ title: one.title, notes: one.notes });
    const id = await conversationOf(one.conversation);
    return mesh.conversations.append(id, { text: one.text, speaker: `speaker ${n % 4}` });
  });
}

async function authorTasks({ tasks }: Mesh, count: number): Promise<void> {
  const ids: RecordId[] = [];
  await inBatches(count, async (n) => {
    const on = n % 3 === 2 ? ids[n - BATCH] : undefined;
    const { id } = await tasks.create({
      title: textOf(n).slice(0, 80),
      priority: n % 5,
      dependencies: on === undefined ? [] : [{ type: 'blocks', on }],
    });
    ids[n] = id;
  });
}

async function inBatches(
  count: number,
  write: (n: number) => PromiseLike<unknown>,
  batch = BATCH,
): Promise<void> {
  for (let from = 0; from < count; from += batch) {
    const length = Math.min(batch, count - from);
    await Promise.all(Array.from({ length }, (_, i) => write(from + i)));
  }
}
