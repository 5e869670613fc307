import { chmod, mkdir, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { Replica } from '@mnemesh/core';
import { nodeSignatures } from '@mnemesh/runtime-node';
import { openSqliteStore } from '@mnemesh/storage-sqlite';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { inspectHolder, socketPlace } from '../src/index.js';
import { MESH, openAt, placeOf, runtime, temporaryPlace } from './shared-place.js';

describe('where a holder listens', () => {
  test('is a socket in the data directory that only its owner may use', async () => {
    const data = await temporaryPlace();
    await openAt(data, 'planner');
    const { path, directory } = placeOf(data);
    expect(path).toBe(join(data, 'hold', `${MESH}.sock`));
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(directory as string)).mode & 0o777).toBe(0o700);
  });

  test('is a hashed name outside it where the path would be too long', async () => {
    const data = join(await temporaryPlace(), 'd'.repeat(120));
    const first = await openAt(data, 'planner');
    const { path, directory } = placeOf(data);
    expect(Buffer.byteLength(path)).toBeLessThanOrEqual(103);
    expect((await stat(directory as string)).mode & 0o777).toBe(0o700);
    const second = await openAt(data, 'reviewer');
    const item = await second.memory.create({ content: 'Through a short name' });
    expect(await first.memory.get(item.id)).toEqual(item);
    expect(socketPlace(data, 'other').path).not.toBe(path);
  });

  test('is the same for all who name the directory, whatever their TMPDIR is', async () => {
    const place = await temporaryPlace();
    const data = join(place, 'd'.repeat(120));
    const [one, other] = [await temporaryPlace(), await temporaryPlace()];
    onTestFinished(() => void vi.unstubAllEnvs());
    vi.stubEnv('TMPDIR', one);
    const first = await openAt(data, 'planner');
    vi.stubEnv('TMPDIR', other);
    const second = await openAt(data, 'reviewer');
    const item = await second.memory.create({ content: 'They meet' });
    expect(await first.memory.get(item.id)).toEqual(item);
  });

  test('is the same through a link, before the directory is made too', async () => {
    const place = await temporaryPlace();
    const long = join(place, 'd'.repeat(120));
    await mkdir(long);
    await symlink(long, join(place, 'short'));
    expect(placeOf(join(place, 'short'))).toEqual(placeOf(long));
    expect(placeOf(join(place, 'short', 'new'))).toEqual(placeOf(join(long, 'new')));
    const first = await openAt(long, 'planner');
    const second = await openAt(join(place, 'short'), 'reviewer');
    const item = await second.memory.create({ content: 'They meet' });
    expect(await first.memory.get(item.id)).toEqual(item);
  });

  test('is never trusted when others may enter it', async () => {
    const data = await temporaryPlace();
    await mkdir(join(data, 'hold'), { mode: 0o755 });
    await chmod(join(data, 'hold'), 0o755);
    await expect(openAt(data, 'planner')).rejects.toMatchObject({
      code: 'not_permitted',
      message: expect.stringContaining('chmod 700'),
    });
    await chmod(join(data, 'hold'), 0o700);
    await openAt(data, 'planner');
  });

  test('is never trusted when it is a link to elsewhere', async () => {
    const data = await temporaryPlace();
    await symlink(await temporaryPlace(), join(data, 'hold'));
    await expect(openAt(data, 'planner')).rejects.toMatchObject({ code: 'not_permitted' });
  });
});

describe('what a dead holder left', () => {
  test('is cleared away by the next one', async () => {
    const data = await temporaryPlace();
    const { path, directory } = placeOf(data);
    await mkdir(directory as string, { recursive: true, mode: 0o700 });
    await writeFile(path, '');
    expect(await inspectHolder(placeOf(data), runtime)).toEqual({ state: 'stale' });
    const mesh = await openAt(data, 'planner');
    expect(await inspectHolder(placeOf(data), runtime)).toMatchObject({
      state: 'alive',
      report: { pid: process.pid, mesh: MESH, guests: 0 },
    });
    await mesh.close();
    expect(await inspectHolder(placeOf(data), runtime)).toEqual({ state: 'absent' });
  });
});

test('a process that has the store and lets nobody in is named after a while', async () => {
  const data = await temporaryPlace();
  const store = openSqliteStore({ directory: join(data, 'replicas'), runtime });
  const replica = await Replica.open({ mesh: MESH, store, runtime, signatures: nodeSignatures });
  onTestFinished(() => replica.close());
  await expect(openAt(data, 'planner', { limits: { joinMs: 100 } })).rejects.toMatchObject({
    code: 'store_in_use',
    retryable: true,
    message: expect.stringContaining(`pid ${process.pid}`),
  });
});

test('somebody who listens there and is no holder is found silent, and not waited for', async () => {
  const data = await temporaryPlace();
  const { path, directory } = placeOf(data);
  await mkdir(directory as string, { recursive: true, mode: 0o700 });
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(path, resolve));
  onTestFinished(() => void server.close());
  expect(await inspectHolder(placeOf(data), runtime, 50)).toEqual({ state: 'silent' });
});
