import { join } from 'node:path';
import { createAgent, type Mesh, Replica, sessionOf } from '@mnemesh/core';
import { openSqliteStore } from '@mnemesh/storage-sqlite';
import { websocketTransport } from '@mnemesh/transport-websocket';
import { expect, onTestFinished, test } from 'vitest';
import { inSync, runtime, signatures, startRelay, temporaryDirectory } from './place.js';
import { type DrainTask, drain, generatedTasks, importTasks, tasksOfFile } from './task-drain.js';

/** A beads file to drain in place of generated tasks. */
const FILE = process.env.MNEMESH_TASK_FILE;

const REPLICAS = 4;
const SESSIONS = 2;

/** One replica with sessions of several agents, linked to the relay. */
async function openReplica(directory: string, url: string, names: readonly string[]) {
  const replica = await Replica.open({
    mesh: 'team',
    store: openSqliteStore({ directory, runtime }),
    transports: [websocketTransport({ url, runtime })],
    runtime,
    signatures,
  });
  onTestFinished(() => replica.close());
  const agents = names.map((name) => createAgent(runtime, signatures, name));
  return (await Promise.all(agents)).map((agent) => sessionOf(replica, agent));
}

async function drained(tasks: readonly DrainTask[]) {
  const directory = await temporaryDirectory();
  const { url } = await startRelay(join(directory, 'relay'));
  const replicas: (readonly Mesh[])[] = [];
  for (let n = 0; n < REPLICAS; n++) {
    const names = Array.from({ length: SESSIONS }, (_, i) => `agent${n * SESSIONS + i}`);
    replicas.push(await openReplica(join(directory, `replica${n}`), url, names));
  }
  const [importer] = replicas[0] as readonly [Mesh];
  await importTasks(importer, tasks);
  await importer.acked();
  for (const mesh of replicas.flatMap(([first]) => first ?? [])) {
    while ((await mesh.tasks.count()) < tasks.length) await once(mesh);
    await inSync(mesh);
  }
  return drain({ replicas, cutOff: [2, 3], seed: 7 });
}

/** Resolves at the next change of a mesh's tasks. */
function once({ tasks }: Mesh): Promise<void> {
  return new Promise((resolve) => {
    const stop = tasks.watch(() => {
      stop();
      resolve();
    });
  });
}

const TITLE =
  'eight agents drain tasks that wait for each other, cut off from each other in the middle: nothing starts before what blocks it, nothing is done twice, every loser is told [TC] [CF] [CV]';

test(TITLE, { timeout: 600_000 }, async () => {
  const tasks = FILE === undefined ? generatedTasks(300, 60, 3) : tasksOfFile(FILE);
  const report = await drained(tasks);
  if (FILE !== undefined) console.log(JSON.stringify(report));
  expect(report.faults).toEqual([]);
  expect(report.tasks).toBe(tasks.length);
  // Without these it would prove little.
  expect(report.claimsLost).toBeGreaterThan(10);
  expect(report.contested).toBeGreaterThan(10);
  // More than one each where the accepted one changed twice.
  expect(report.notices.completion_not_accepted).toBeGreaterThanOrEqual(report.unaccepted);
});
