import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openSqliteUpdateLog, Relay, serveRelay } from '@mnemesh/relay';
import { nodeRuntime, nodeSignatures } from '@mnemesh/runtime-node';
import { describe, expect, onTestFinished, test } from 'vitest';
import { isSwitchedOffline, keyPath, openAgent, openMesh, switchOffline } from '../src/index.js';
import { temporaryPlace } from './temporary-place.js';

async function relay(): Promise<{ readonly url: string; links(): number }> {
  const runtime = nodeRuntime();
  const log = await openSqliteUpdateLog({ directory: await temporaryPlace(), runtime });
  const served = new Relay({ log, runtime, signatures: nodeSignatures });
  const server = await serveRelay({ relay: served, host: '127.0.0.1', port: 0 });
  onTestFinished(async () => {
    await server.close();
    await served.close();
    await log.close();
  });
  return { url: server.url, links: () => served.status().links };
}

describe("an agent's key", () => {
  test('is made on first use, kept, and readable by its owner alone', async () => {
    const data = await temporaryPlace();
    const first = await openAgent(data, 'planner');
    const again = await openAgent(data, 'planner');
    expect(again.id).toBe(first.id);
    expect((await openAgent(data, 'reviewer')).id).not.toBe(first.id);
    expect((await stat(keyPath(data, 'planner'))).mode & 0o777).toBe(0o600);
    expect((await stat(join(data, 'keys'))).mode & 0o777).toBe(0o700);
  });

  test('is one key when many begin at once, and no draft stays behind', async () => {
    const data = await temporaryPlace();
    const agents = await Promise.all(Array.from({ length: 20 }, () => openAgent(data, 'planner')));
    expect(new Set(agents.map(({ id }) => id)).size).toBe(1);
    expect(await readdir(join(data, 'keys'))).toEqual(['planner.json']);
  });

  test('that is damaged is reported with its file, and never replaced', async () => {
    const data = await temporaryPlace();
    await openAgent(data, 'planner');
    const path = keyPath(data, 'planner');
    await chmod(path, 0o600);
    await writeFile(path, '{"agent":"planner","seed":"short"}');
    await expect(openAgent(data, 'planner')).rejects.toMatchObject({
      code: 'store_failed',
      message: expect.stringContaining(path),
    });
    expect(await readFile(path, 'utf8')).toContain('short');
  });
});

describe('an opened mesh', () => {
  test('keeps what was written when it is opened again', async () => {
    const data = await temporaryPlace();
    const options = { mesh: 'atlas', agent: 'planner', data };
    const mesh = await openMesh(options);
    const item = await mesh.memory.create({ content: 'We ship on Fridays' });
    await mesh.close();

    const again = await openMesh(options);
    onTestFinished(() => again.close());
    expect((await again.memory.get(item.id))?.content).toBe('We ship on Fridays');
    expect(again.agent).toEqual(mesh.agent);
    expect(again.replica).toBe(mesh.replica);
  });

  test('shares through the relay it is given', async () => {
    const { url } = await relay();
    const [left, right] = await Promise.all(
      ['planner', 'reviewer'].map(async (agent) =>
        openMesh({ mesh: 'atlas', agent, data: await temporaryPlace(), relay: url }),
      ),
    );
    onTestFinished(async () => {
      await left?.close();
      await right?.close();
    });
    const arrived = new Promise<string>((resolve) => {
      right?.memory.watch(([change]) => resolve(change?.record?.content ?? ''));
    });
    const write = left?.memory.create({ content: 'The tide turns at noon' });
    await write?.acked;
    expect(await arrived).toBe('The tide turns at noon');
  });

  test('tells a session of another process what the relay has acked, and is in step with', async () => {
    const { url } = await relay();
    const data = await temporaryPlace();
    const holder = await openMesh({ mesh: 'atlas', agent: 'holder', data, relay: url });
    const guest = await openMesh({ mesh: 'atlas', agent: 'guest', data, relay: url });
    onTestFinished(() => guest.close());
    const writes = Array.from({ length: 20 }, (_, n) => guest.memory.create({ content: `${n}` }));
    await Promise.all(writes.flatMap((write) => [write.acked, write.synced]));
    await guest.acked();
    await expect.poll(() => guest.status).toMatchObject({ unacked: 0, synced: true });

    guest.setOffline(true);
    const write = guest.memory.create({ content: 'Offline' });
    await write;
    const waits = [write.acked, guest.acked(), write.synced];
    // What is awaited outlives the holder; the next one is this guest's own.
    await holder.close();
    guest.setOffline(false);
    await Promise.all(waits);
    expect(guest.status.transports).toMatchObject([{ state: 'connected', links: 1 }]);
  });

  test('refuses an address nobody could reach, and leaves nothing open', async () => {
    const data = await temporaryPlace();
    const bad = { mesh: 'atlas', agent: 'planner', data, relay: 'ftp://relay' };
    await expect(openMesh(bad)).rejects.toMatchObject({ code: 'bad_input' });
    const mesh = await openMesh({ ...bad, relay: 'none' });
    await mesh.close();
  });
});

describe('the offline switch of a data directory', () => {
  test('keeps every mesh opened from it off the network until it is switched back', async () => {
    const data = await temporaryPlace();
    const { url, links } = await relay();
    const options = { mesh: 'atlas', agent: 'planner', data, relay: url };
    await switchOffline(data, true);
    expect(isSwitchedOffline(data)).toBe(true);

    const offline = await openMesh(options);
    expect(offline.status.offline).toBe(true);
    const item = await offline.memory.create({ content: 'Written on a plane' });
    expect(links()).toBe(0);
    await offline.close();

    await switchOffline(data, false);
    const online = await openMesh(options);
    onTestFinished(() => online.close());
    await online.acked();
    expect(links()).toBe(1);
    expect((await online.memory.get(item.id))?.content).toBe('Written on a plane');
  });
});
