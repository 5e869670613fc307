import { describe, expect, test, vi } from 'vitest';
import { commands } from '../src/commands/index.js';
import { CommandSeries } from './command-series.js';
import { filledIn, idIn, steps, writeSources } from './every-command.js';
import { type Place, run, runOn } from './run-command.js';
import { temporaryPlace } from './temporary-place.js';

// Processes are started, on a machine that may be busy with other tests.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 30_000 });

/** Commands that serve, watch or set up until they are stopped, or that open no replica. Others must be among the steps. */
const OTHERS = ['serve', 'hold', 'watch', 'mcp', 'setup', 'invite', 'join'];

async function everyCommand(at: Place): Promise<void> {
  await writeSources(at.cwd);
  const series = await CommandSeries.begin(at);
  const kept = new Map<string, string>();
  for (const { args, holds, keeps } of steps) {
    const call = args.map((word) => filledIn(word, kept));
    const { code, out, err } = await series.run(call);
    expect({ call, code, err: code === 0 ? '' : err }).toEqual({ call, code: 0, err: '' });
    if (typeof holds === 'string') expect(out, call.join(' ')).toContain(filledIn(holds, kept));
    else expect(out, call.join(' ')).toMatch(holds);
    if (keeps !== undefined) kept.set(keeps, idIn(out));
  }
}

test('every command that opens the replica is tried here', () => {
  const tried = (words: readonly string[]): boolean =>
    steps.some(({ args }) => words.every((word, i) => args[i] === word));
  const untried = commands.map(({ words }) => words).filter((words) => !tried(words));
  expect(untried.map((words) => words.join(' ')).sort()).toEqual([...OTHERS].sort());
});

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
