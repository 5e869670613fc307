import type { MeshStatus, Task } from '@mnemesh/core';
import { describe, expect, test, vi } from 'vitest';
import { type Place, run, runOn } from './run-command.js';
import { temporaryPlace } from './temporary-place.js';

// Processes are started, on a machine that may be busy with other tests.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 30_000 });

const ISSUE = '{"id":"tm-1","title":"Show the tide","status":"open","priority":2}\n';

/** Every command that opens the replica, and what its output must hold. */
async function everyCommand(at: Place): Promise<void> {
  const ok = async (args: readonly string[], input = ''): Promise<string> => {
    const { code, out, err } = await run(at, args, input);
    expect({ args, code, err: code === 0 ? '' : err }).toEqual({ args, code: 0, err: '' });
    return out;
  };
  await ok(['init', '--force']);
  expect(await ok(['remember', 'We ship on Fridays', '--kind', 'decision'])).toContain('Fridays');
  expect(await ok(['recall', 'ship'])).toContain('We ship on Fridays');
  const { record } = JSON.parse(await ok(['task', 'add', 'Write', '--json'])) as { record: Task };
  await ok(['task', 'update', record.id, '--status', 'working', '--add-tags', 'docs']);
  expect(await ok(['task', 'show', record.id])).toContain('docs');
  expect(await ok(['task', 'list', '--status', 'working'])).toContain('Write');
  expect(await ok(['import', 'beads', '-'], ISSUE)).toContain('1');
  expect(await ok(['export'])).toContain('We ship on Fridays');
  expect(await ok(['export', 'beads'])).toContain('tm-1');
  expect(JSON.parse(await ok(['status', '--json']))).toMatchObject({ records: { memory: 1 } });
  await ok(['offline', 'on']);
  expect(JSON.parse(await ok(['status', '--json']))).toMatchObject({ offline: true });
  await ok(['offline', 'off']);
  expect((JSON.parse(await ok(['status', '--json'])) as MeshStatus).offline).toBe(false);
  await ok(['doctor']);
}

describe('every command works', () => {
  test('when nobody holds the replica', async () => {
    await everyCommand({ cwd: await temporaryPlace() });
  });

  test('when a process holds it that does nothing else', async () => {
    const at: Place = { cwd: await temporaryPlace() };
    const holder = runOn(at, ['hold', '--json']);
    expect(JSON.parse(await holder.nextLine())).toMatchObject({ mesh: 'default', pid: holder.pid });
    await everyCommand(at);
    expect(await holder.interrupt()).toBe(0);
  });

  test('when another command holds it, which sees what they do', async () => {
    const at: Place = { cwd: await temporaryPlace() };
    const watching = runOn(at, ['watch', '--json']);
    await expect
      .poll(async () => (await run(at, ['doctor'])).out, { timeout: 60_000 })
      .toContain(`process ${watching.pid}`);
    await everyCommand(at);
    expect(JSON.parse(await watching.nextLine())).toMatchObject({
      collection: 'memory',
      origin: 'local',
      record: { content: 'We ship on Fridays' },
    });
    expect(await watching.interrupt()).toBe(0);
  });
});

describe('hold', () => {
  test('ends by itself when nobody has needed it for so long', async () => {
    const at: Place = { cwd: await temporaryPlace() };
    const { code, out } = await run(at, ['hold', '--idle', '1']);
    expect(code).toBe(0);
    expect(out).toContain('holding default');
  });

  test('leaves at once when another process holds the replica, and exits with 4', async () => {
    const at: Place = { cwd: await temporaryPlace() };
    const holder = runOn(at, ['hold', '--json']);
    await holder.nextLine();
    const { code, err } = await run(at, ['hold']);
    expect(code).toBe(4);
    expect(err).toContain(String(holder.pid));
  });

  test('tells a command that names another relay which one counts', async () => {
    const at: Place = { cwd: await temporaryPlace() };
    const holder = runOn(at, ['hold', '--json', '--relay', 'ws://127.0.0.1:9']);
    await holder.nextLine();
    const { code, err } = await run(at, [
      'remember',
      'x',
      '--relay',
      'ws://127.0.0.1:8',
      '--wait',
      '0',
    ]);
    expect(code).toBe(0);
    expect(err).toContain(
      `Process ${holder.pid} holds this replica and links it to ws://127.0.0.1:9`,
    );
  });
});
