import type { MeshStatus, Task } from '@mnemesh/core';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { type Place, type Ran, run, runOn, startRelay } from './run-command.js';
import { temporaryPlace } from './temporary-place.js';

// Processes are started, on a machine that may be busy with other tests.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 30_000 });

/** Runs a command that waits for the relay however busy the machine is. */
function runLinked(place: Place, args: readonly string[], input = ''): Promise<Ran> {
  return run(place, [...args, '--wait', '60'], input);
}

/** Two devices and a relay. */
async function devices(): Promise<{
  readonly left: Place;
  readonly right: Place;
  readonly url: string;
}> {
  const { url } = await startRelay({ cwd: await temporaryPlace() });
  const device = async (agent: string): Promise<Place> => ({
    cwd: await temporaryPlace(),
    env: { MNEMESH_AGENT: agent, MNEMESH_RELAY: url, MNEMESH_MESH: 'atlas' },
  });
  return { left: await device('planner'), right: await device('reviewer'), url };
}

describe('through a relay', () => {
  test('a write says it is acked, and the next command on another device finds it', async () => {
    const { left, right, url } = await devices();
    const written = await runLinked(left, ['remember', 'The tide turns at noon', '--acked']);
    expect(written.code).toBe(0);
    expect(written.err).toContain(`acked by ${url}`);
    expect((await runLinked(right, ['recall', 'tide'])).out).toContain('The tide turns at noon');
    const { synced, unacked, transports } = (
      await runLinked(right, ['status', '--json'])
    ).json<MeshStatus>();
    expect({ synced, unacked }).toEqual({ synced: true, unacked: 0 });
    expect(transports).toMatchObject([
      { kind: 'relay', address: url, state: 'connected', links: 1 },
    ]);
  });

  test('[CF] what two devices write apart is shown with both values, until one is written after reading', async () => {
    const { left, right } = await devices();
    await run(
      left,
      ['import', 'beads', '-'],
      '{"id":"tm-1","title":"Show the tide","status":"open","priority":2}\n',
    );
    await runLinked(right, ['status']);
    await runLinked(right, ['offline', 'on']);
    const apart = await runLinked(right, ['task', 'update', 'tm-1', '--priority', '4']);
    expect(apart.err).toContain('switched offline; sent later');
    await runLinked(left, ['task', 'update', 'tm-1', '--priority', '0']);
    await runLinked(right, ['offline', 'off']);
    expect(
      (await runLinked(right, ['task', 'list', '--conflicted', '--json'])).json(),
    ).toMatchObject({
      total: 1,
    });

    const page = (await runLinked(right, ['task', 'show', 'tm-1'])).out;
    expect(page).toContain('Conflicts');
    expect(page).toMatch(/0 {2}by planner\//);
    expect(page).toMatch(/4 {2}by reviewer\//);

    await runLinked(right, ['task', 'update', 'tm-1', '--priority', '1', '--acked']);
    const settled = (await runLinked(left, ['task', 'show', 'tm-1', '--json'])).json<Task>();
    expect(settled).toMatchObject({ priority: 1, conflicts: [] });
  });

  test('offline on is honoured by every later command, which says so', async () => {
    const { left } = await devices();
    expect((await runLinked(left, ['offline'])).out).toContain('online');
    await runLinked(left, ['offline', 'on']);
    expect((await runLinked(left, ['offline', '--json'])).json()).toMatchObject({ offline: true });
    const written = await runLinked(left, ['remember', 'on the plane', '--acked']);
    expect(written.code).toBe(5);
    expect(written.err).toContain('this device is switched offline');
    const { offline, unacked } = (await runLinked(left, ['status', '--json'])).json<MeshStatus>();
    expect(offline).toBe(true);
    expect(unacked).toBeGreaterThan(0);
    await runLinked(left, ['offline', 'off']);
    expect((await runLinked(left, ['status', '--json'])).json<MeshStatus>()).toMatchObject({
      offline: false,
      synced: true,
      unacked: 0,
    });
  });

  test('watch prints what another device writes, and Ctrl-C ends it with 0', async () => {
    const { left, right } = await devices();
    const watching = runOn(right, ['watch', '--json']);
    await runLinked(left, ['remember', 'The pilot is aboard']);
    expect(JSON.parse(await watching.nextLine())).toMatchObject({
      collection: 'memory',
      origin: 'remote',
      record: { content: 'The pilot is aboard' },
    });
    expect(await watching.interrupt()).toBe(0);
  });
});

describe('a relay that is not there', () => {
  test('does not keep anybody from working', async () => {
    const at: Place = { cwd: await temporaryPlace(), env: { MNEMESH_RELAY: 'ws://127.0.0.1:9' } };
    const { code, err } = await run(at, ['remember', 'still here', '--wait', '0']);
    expect(code).toBe(0);
    expect(err).toContain('ws://127.0.0.1:9 is not reached');
    const recalled = await run(at, ['recall', 'still', '--wait', '0']);
    expect(recalled.out).toContain('still here');
    expect(recalled.err).toContain('this is what this device holds');
    expect((await run(at, ['remember', 'x', '--acked', '--wait', '1'])).code).toBe(5);
  });
});

describe('a relay that is linked and does not answer', () => {
  test('is told to have not acked yet, rather than to be out of reach', async () => {
    const relay = await startRelay({ cwd: await temporaryPlace() });
    const at: Place = { cwd: await temporaryPlace(), env: { MNEMESH_RELAY: relay.url } };
    await runOn(at, ['hold', '--idle', '0', '--json']).nextLine();
    await runLinked(at, ['remember', 'The first', '--acked']);
    process.kill(relay.pid as number, 'SIGSTOP');
    onTestFinished(() => {
      process.kill(relay.pid as number, 'SIGCONT');
    });
    const { code, err } = await run(at, ['remember', 'The second', '--wait', '1']);
    expect(code).toBe(0);
    expect(err).toContain(`saved here (${relay.url} has not acked yet)`);
    const asked = await run(at, ['remember', 'The third', '--wait', '1', '--acked']);
    expect(asked.code).toBe(5);
    expect(asked.err).toContain(`not acked: ${relay.url} is linked, and has not said so in time`);
  });
});

describe('serve', () => {
  test('keeps what it acked over a restart, and ends with 0 when asked to', async () => {
    const server: Place = { cwd: await temporaryPlace() };
    const first = await startRelay(server);
    const left: Place = { cwd: await temporaryPlace(), env: { MNEMESH_RELAY: first.url } };
    await runLinked(left, ['remember', 'kept by the relay', '--acked']);
    expect(await first.interrupt()).toBe(0);

    const second = await startRelay(server);
    const right: Place = { cwd: await temporaryPlace(), env: { MNEMESH_RELAY: second.url } };
    expect((await runLinked(right, ['recall', 'kept'])).out).toContain('kept by the relay');
  });

  test('refuses a log that another relay has open, with 4 and its pid', async () => {
    const server: Place = { cwd: await temporaryPlace() };
    const running = await startRelay(server);
    const { code, err } = await run(server, [
      'serve',
      '--port',
      '0',
      '--data',
      `${server.cwd}/server`,
    ]);
    expect(code).toBe(4);
    expect(err).toContain(String(running.pid));
  });
});
