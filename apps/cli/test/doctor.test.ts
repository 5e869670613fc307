import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Finding } from '../src/doctor/finding.js';
import { type Place, run, runOn, startRelay } from './run-command.js';
import { temporaryPlace } from './temporary-place.js';

// Processes are started, on a machine that may be busy with other tests.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 30_000 });

async function place(env: Place['env'] = {}): Promise<Place> {
  return { cwd: await temporaryPlace(), env };
}

async function examined(at: Place) {
  const ran = await run(at, ['doctor', '--json']);
  const { ok, checks } = ran.json<{ ok: boolean; checks: readonly Finding[] }>();
  const of = (check: Finding['check']) => checks.find((finding) => finding.check === check);
  return { code: ran.code, ok, of };
}

const dataOf = ({ cwd }: Place): string => join(cwd, '.mnemesh');

describe('doctor', () => {
  test('finds nothing wrong where nothing is yet, and where all is well', async () => {
    const at = await place({ MNEMESH_RELAY: (await startRelay(await place())).url });
    expect(await examined(at)).toMatchObject({ code: 0, ok: true });
    await run(at, ['remember', 'hello']);
    const { ok, of } = await examined(at);
    expect(ok).toBe(true);
    for (const check of [
      'settings',
      'keys',
      'store',
      'holder',
      'relay',
      'clock',
      'versions',
    ] as const)
      expect(of(check), check).toMatchObject({ state: 'ok' });
    const { out, code } = await run(at, ['doctor']);
    expect(code).toBe(0);
    expect(out).toContain('agrees with the relay');
  });

  test('tells who holds the replica, and looks at the store beside it', async () => {
    const at = await place();
    const holder = runOn(at, ['hold', '--json']);
    await holder.nextLine();
    const { of } = await examined(at);
    expect(of('holder')).toMatchObject({
      state: 'ok',
      text: expect.stringContaining(`process ${holder.pid}`),
    });
    expect(of('store')).toMatchObject({ state: 'ok' });
  });

  test('says which key is open to others, and how to close it', async () => {
    const at = await place({ MNEMESH_AGENT: 'planner' });
    await run(at, ['remember', 'hello']);
    const key = join(dataOf(at), 'keys', 'planner.json');
    await chmod(key, 0o644);
    const { code, of } = await examined(at);
    expect(code).toBe(1);
    expect(of('keys')).toMatchObject({ state: 'bad', advice: `chmod 600 ${key}` });
    await chmod(key, 0o600);
    await writeFile(key, 'no key');
    expect((await examined(at)).of('keys')).toMatchObject({ state: 'bad' });
  });

  test('says that a store is damaged, changes nothing in it, and that opening mends it', async () => {
    const at = await place();
    await run(at, ['remember', 'hello']);
    const file = join(dataOf(at), 'replicas', 'default', 'replica.db');
    const bytes = await readFile(file);
    bytes.fill(0xff, 4096, 3 * 4096);
    await writeFile(file, bytes);
    const { code, of } = await examined(at);
    expect(code).toBe(1);
    expect(of('store')).toMatchObject({ state: 'bad' });
    expect(await readFile(file)).toEqual(bytes);
    await run(at, ['status']);
    expect((await examined(at)).of('store')?.state).not.toBe('bad');
  });

  test('notes the socket that a dead holder left', async () => {
    const at = await place();
    await mkdir(join(dataOf(at), 'hold'), { recursive: true, mode: 0o700 });
    await writeFile(join(dataOf(at), 'hold', 'default.sock'), '');
    const { ok, of } = await examined(at);
    expect(ok).toBe(true);
    expect(of('holder')).toMatchObject({ state: 'note' });
    expect((await run(at, ['remember', 'hello'])).code).toBe(0);
    expect((await examined(at)).of('holder')).toMatchObject({ state: 'ok' });
  });

  test('tells a relay that is away from one that is none, and a clock that is off', async () => {
    const away = await place({ MNEMESH_RELAY: 'ws://127.0.0.1:9' });
    expect(await examined(away)).toMatchObject({ code: 0 });
    expect((await examined(away)).of('relay')).toMatchObject({ state: 'warn' });

    let answer = 'Welcome to my page.';
    const server = createServer((_, response) => {
      response.sendDate = false;
      response.setHeader('date', new Date(Date.now() - 3_600_000).toUTCString());
      response.end(answer);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const other = await place({ MNEMESH_RELAY: `ws://127.0.0.1:${port}` });
    expect((await examined(other)).of('relay')).toMatchObject({
      state: 'bad',
      text: expect.stringContaining('no Mnemesh relay'),
    });
    answer = 'This is a Mnemesh relay.';
    expect((await examined(other)).of('clock')).toMatchObject({
      state: 'warn',
      text: expect.stringMatching(/(3599|360\d) s ahead of the relay/),
    });
  });

  test('goes on when the settings are not right', async () => {
    const at = await place({ MNEMESH_MESH: 'No Name' });
    const { code, of } = await examined(at);
    expect(code).toBe(1);
    expect(of('settings')).toMatchObject({ state: 'bad' });
    expect(of('versions')).toMatchObject({ state: 'ok' });
  });
});
