import { fileURLToPath } from 'node:url';
import { ClientProcess } from '@mnemesh/mcp-clients';
import { findHolder, openMesh } from '@mnemesh/open-mesh';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryDirectory } from '../integration/place.js';

const MESH = 'team';
const CLIENTS = 8;
const ITEMS = 100;
const ENTITIES = 25;
const TIMEOUT_MS = 400_000;

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

test('8 MCP clients write 100 items and 25 entities each at once, and the holder is killed with -9 halfway: every acknowledged write is there once, for all of them [ND] [ID]', {
  timeout: TIMEOUT_MS,
}, async () => {
  const data = await temporaryDirectory();
  const holder = async (): Promise<number | undefined> => {
    const found = await findHolder(data, MESH);
    return found.state === 'alive' ? found.report.pid : undefined;
  };
  onTestFinished(async () => {
    const pid = await holder();
    if (pid !== undefined) process.kill(pid, 'SIGKILL');
  });
  const server = {
    command: process.execPath,
    args: [path('../../apps/cli/bin/mnemesh.js'), 'mcp', '--profile', 'default,memory'],
    env: { MNEMESH_DATA: data, MNEMESH_MESH: MESH, MNEMESH_RELAY: 'none' },
  };
  let answered = 0;
  let halfway: () => void = () => undefined;
  const half = new Promise<void>((resolve) => {
    halfway = resolve;
  });
  const clients = Array.from(
    { length: CLIENTS },
    (_, n) =>
      new ClientProcess({ name: `client${n}`, server, atOnce: 8 }, () => {
        answered += 1;
        if (answered >= (CLIENTS * (ITEMS + ENTITIES)) / 2) halfway();
      }),
  );
  onTestFinished(() => {
    for (const client of clients) client.kill();
  });
  await Promise.all(clients.map((client) => client.ready));
  const wrote = clients.map((client, n) =>
    client.write(
      Array.from({ length: ITEMS + ENTITIES }, (_, i) => ({
        tool: i % 5 === 4 ? 'create_entities' : 'remember',
        text: `client${n} ${i}`,
      })),
    ),
  );
  await half;
  const first = await holder();
  process.kill(first as number, 'SIGKILL');
  await Promise.all(wrote);

  // It died among their writes; a dead holder is replaced, so nothing was refused.
  expect(clients.flatMap(({ refused }) => refused)).toEqual([]);
  expect(await holder()).not.toBe(first);
  const acknowledged = clients.flatMap((client) => client.acknowledged);
  expect(acknowledged).toHaveLength(CLIENTS * (ITEMS + ENTITIES));
  const items = acknowledged.filter(({ id }) => id !== undefined);
  const entities = acknowledged.filter(({ id }) => id === undefined).map(({ text }) => text);
  expect([items.length, entities.length]).toEqual([CLIENTS * ITEMS, CLIENTS * ENTITIES]);

  for (const client of clients) {
    const seen = await client.look(items.map(({ id }) => id as string));
    expect(seen.problem).toBeUndefined();
    expect(seen.items).toEqual(items.map(({ text }) => text));
    expect(seen.entities.map(({ name }) => name).sort()).toEqual([...entities].sort());
    for (const { name, observations } of seen.entities)
      expect(observations).toEqual([`seen by ${name}`]);
  }
  const mesh = await openMesh({ mesh: MESH, agent: 'reader', data, relay: 'none' });
  const all = (await mesh.memory.list({ limit: 10_000 })).map(({ content }) => content);
  await mesh.close();
  expect(all.sort()).toEqual(items.map(({ text }) => text).sort());
  // A server that outlives its client would replace the holder that is killed at the end.
  await Promise.all(clients.map((client) => client.end()));
});
