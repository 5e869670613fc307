import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Mesh } from '@mnemesh/core';
import type { RecordId } from '@mnemesh/protocol';
import { expect, test } from 'vitest';
import { inSync, startRelay, startReplica, temporaryDirectory } from './place.js';
import { StockClient } from './stock-client.js';

/** In the content, and as the analyzer makes a term of it: neither may be found, in whatever case. */
const SECRET = 'xylophonequartz';
const KEPT = 'marmaladeorbit';

/** Every file below a directory that holds this text, looked at as bytes. */
function filesWith(directory: string, text: string): readonly string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((name) => join(directory, name))
    .filter((path) => statSync(path).isFile())
    .filter((path) => readFileSync(path).toString('latin1').toLowerCase().includes(text));
}

async function scrubbedEverywhere(
  mesh: Mesh,
  id: RecordId,
  collection: 'memory' | 'prose' = 'memory',
): Promise<void> {
  for (let n = 0; n < 400; n++) {
    const status = await mesh[collection].forgotten(id);
    if (status !== undefined && status.holders.length > 1 && status.outstanding.length === 0)
      return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`outstanding: ${JSON.stringify(await mesh[collection].forgotten(id))}`);
}

async function place() {
  const [relayDirectory, annasDirectory, bensDirectory] = await Promise.all([
    temporaryDirectory(),
    temporaryDirectory(),
    temporaryDirectory(),
  ]);
  const relay = await startRelay(relayDirectory);
  const url = `ws://127.0.0.1:${relay.port}`;
  return { relay, url, relayDirectory, annasDirectory, bensDirectory };
}

test('[DL] nothing of a forgotten item is left in any file of the replicas and the relay, and all of them say so', async () => {
  const { relay, url, relayDirectory, annasDirectory, bensDirectory } = await place();
  const directories = [relayDirectory, annasDirectory, bensDirectory];
  const anna = await startReplica(annasDirectory, 'anna', url);
  const ben = await startReplica(bensDirectory, 'ben', url);
  // More than a block of the search index, so that the index of terms holds the secret too.
  const items = Array.from({ length: 1_100 }, (_, n) => ({
    content: n === 7 ? `The ${SECRET} is ${'padding '.repeat(40)}` : `${KEPT} number ${n} of many`,
    kind: 'fact' as const,
  }));
  const written = await Promise.all(items.map((item) => anna.memory.create(item)));
  const secret = written[7] as (typeof written)[number];
  await ben.memory.create({ content: 'Ben writes too', kind: 'fact' });
  await anna.acked();
  await inSync(ben);
  expect((await ben.recall(SECRET)).hits.map(({ id }) => id)).toEqual([secret.id]);
  for (const directory of directories) expect(filesWith(directory, SECRET)).not.toEqual([]);

  await anna.memory.forget(secret.id);
  await scrubbedEverywhere(anna, secret.id);
  await scrubbedEverywhere(ben, secret.id);

  for (const directory of directories) {
    expect(filesWith(directory, SECRET)).toEqual([]);
    expect(filesWith(directory, KEPT)).not.toEqual([]);
  }
  const status = await anna.memory.forgotten(secret.id);
  expect(status?.holders.map(({ kind }) => kind).sort()).toEqual(['relay', 'replica', 'replica']);
  expect(await anna.memory.count()).toBe(1_100);
  await Promise.all([anna.close(), ben.close()]);
  await relay.close();
  for (const directory of directories) expect(filesWith(directory, SECRET)).toEqual([]);
});

test('[DL] [ND] a replica that was away for a forget and a purge leaves nothing of either, and keeps what it wrote meanwhile', async () => {
  const { url, relayDirectory, annasDirectory, bensDirectory } = await place();
  const directories = [relayDirectory, annasDirectory, bensDirectory];
  const anna = await startReplica(annasDirectory, 'anna', url);
  const ben = await startReplica(bensDirectory, 'ben', url);
  const secret = await anna.memory.create({ content: `the ${SECRET}`, kind: 'fact' });
  const task = await ben.tasks.create({ title: `old ${KEPT}` });
  await Promise.all([anna.acked(), ben.acked()]);
  await Promise.all([inSync(anna), inSync(ben)]);
  ben.setOffline(true);
  const late = await ben.tasks.create({ title: 'written offline' });
  await anna.memory.forget(secret.id);
  await anna.purge('shared/tasks');
  await ben.close();

  const back = await startReplica(bensDirectory, 'ben', url);
  await scrubbedEverywhere(back, secret.id);
  for (let n = 0; (await anna.purged('shared/tasks'))?.outstanding.length !== 0; n++) {
    if (n > 400) throw new Error(JSON.stringify(await anna.purged('shared/tasks')));
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await back.acked();
  await Promise.all([inSync(anna), inSync(back)]);
  for (const mesh of [anna, back]) {
    const titles = (await mesh.tasks.list()).map(({ title }) => title);
    expect(titles).toEqual(['written offline']);
    expect(await mesh.tasks.get(task.id)).toBeUndefined();
    expect(await mesh.tasks.get(late.id)).toBeUndefined();
  }
  for (const directory of directories)
    for (const text of [SECRET, KEPT]) expect(filesWith(directory, text)).toEqual([]);
});

test('[DL] nothing of a forgotten prose document is left either: its title, its text, and what a plain client typed', async () => {
  const { url, relayDirectory, annasDirectory, bensDirectory } = await place();
  const directories = [relayDirectory, annasDirectory, bensDirectory];
  const anna = await startReplica(annasDirectory, 'anna', url);
  const ben = await startReplica(bensDirectory, 'ben', url);
  const kept = await anna.prose.create({ title: 'Kept', text: KEPT });
  const { id } = await anna.prose.create({ title: `The ${SECRET}`, text: `Of the ${SECRET}.` });
  await anna.acked();
  const client = await StockClient.join(`${url}/prose/team`, id);
  client.write(` ${SECRET} again`);
  await expect
    .poll(async () => (await ben.prose.get(id))?.text, { timeout: 20_000 })
    .toContain('again');
  expect((await ben.recall(SECRET)).hits.map((hit) => hit.id)).toEqual([id]);
  expect((await anna.recall(SECRET)).hits.map((hit) => hit.id)).toEqual([id]);
  for (const directory of directories) expect(filesWith(directory, SECRET)).not.toEqual([]);

  await ben.prose.forget(id);
  await scrubbedEverywhere(anna, id, 'prose');
  await scrubbedEverywhere(ben, id, 'prose');
  for (const directory of directories) {
    expect(filesWith(directory, SECRET)).toEqual([]);
    expect(filesWith(directory, KEPT)).not.toEqual([]);
  }
  for (const mesh of [anna, ben]) {
    expect((await mesh.recall(SECRET)).hits).toEqual([]);
    expect((await mesh.prose.get(kept.id))?.text).toBe(KEPT);
  }
});
