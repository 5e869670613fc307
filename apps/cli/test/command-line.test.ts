import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MemoryItem, Task } from '@mnemesh/core';
import { describe, expect, test, vi } from 'vitest';
import { commandHelp } from '../src/command-line/help.js';
import { commands } from '../src/commands/index.js';
import { type Place, run } from './run-command.js';
import { temporaryPlace } from './temporary-place.js';

// Processes are started, on a machine that may be busy with other tests.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 30_000 });

interface Written<T> {
  readonly reached: string;
  readonly record: T;
}

async function place(env: Place['env'] = {}): Promise<Place> {
  return { cwd: await temporaryPlace(), env };
}

describe('help', () => {
  test('lists every command and exit code', async () => {
    const { code, out } = await run(await place(), ['--help']);
    expect(code).toBe(0);
    for (const { words, summary } of commands) {
      expect(out).toContain(words.join(' '));
      expect(out).toContain(summary);
    }
    expect(out).toMatch(/4 {2}another process has the store, and lets nobody in/);
    expect((await run(await place(), [])).out).toBe(out);
  });

  test('of every command shows an example that begins with it', () => {
    for (const command of commands) {
      const name = command.words.join(' ');
      const help = commandHelp(command);
      expect(help).toContain(`Usage: mnemesh ${name}`);
      expect(help).toMatch(new RegExp(`Examples?\n {2}mnemesh ${name}`));
    }
  });

  test('of a command is printed for --help after its words', async () => {
    const { code, out } = await run(await place(), ['task', 'add', '--help']);
    expect(code).toBe(0);
    expect(out).toContain('Usage: mnemesh task add');
  });

  test('prints the version', async () => {
    const { version } = JSON.parse(
      await readFile(new URL('../package.json', import.meta.url), 'utf8'),
    );
    expect((await run(await place(), ['--version'])).out.trim()).toBe(version);
  });
});

describe("a user's mistake", () => {
  test.each([
    [['recal', 'x'], 2, 'Did you mean "recall"?'],
    [['taks'], 2, 'Did you mean "task"?'],
    [['task', 'lits'], 2, 'Did you mean "task list"?'],
    [['task'], 2, 'needs one of: add, list, show, update'],
    [['remember'], 2, 'TEXT is missing'],
    [['remember', 'two', 'words'], 2, 'Put text with spaces into quotes'],
    [['remember', 'x', '--kind', 'rumour'], 2, '--kind is one of observation, fact'],
    [['task', 'list', '--statsu', 'working'], 2, 'Did you mean --status?'],
    [['task', 'list', '--limit'], 2, '--limit needs a value'],
    [['task', 'list', '--limit', 'ten'], 2, '--limit is a whole number from 1 to 10000'],
    [['task', 'list', '--conflicted=yes'], 2, '--conflicted takes no value'],
    [['task', 'update', 'bd-1'], 2, 'Say what to change'],
    [['offline', 'maybe'], 2, 'SWITCH is one of on, off'],
    [['import', 'beads', 'absent.jsonl'], 2, 'absent.jsonl cannot be read'],
    [['status', '--mesh', 'No Name'], 2, '"No Name" is no mesh name'],
    [['status', '--relay', 'ftp://x'], 2, 'is no address of a relay'],
    [['task', 'show', 'bd-nope'], 3, 'There is no task "bd-nope"'],
    [['serve', '--host', '0.0.0.0'], 1, 'listens on this machine only'],
  ])('%j exits with %i and says what to do', async (args, code, message) => {
    const ran = await run(await place(), args);
    expect(ran).toMatchObject({ code, out: '' });
    expect(ran.err).toContain(message);
    expect(ran.err).not.toMatch(/\n\s+at |node:internal/);
  });

  test('is an object with code and message for programs', async () => {
    const { code, out, err } = await run(await place(), ['task', 'show', 'bd-nope', '--json']);
    expect({ code, out }).toEqual({ code: 3, out: '' });
    expect(JSON.parse(err)).toEqual({
      error: { code: 'not_found', message: expect.stringContaining('bd-nope') },
    });
  });

  test('in a config file names the file and the field', async () => {
    const at = await place();
    await writeFile(join(at.cwd, 'mnemesh.json'), '{"mesh":"atlas","realy":"ws://x"}');
    const { code, err } = await run(at, ['status']);
    expect(code).toBe(2);
    expect(err).toContain(join(at.cwd, 'mnemesh.json'));
    expect(err).toContain('"realy"');
  });
});

describe('without a relay', () => {
  test('what is remembered is recalled by a later process', async () => {
    const at = await place({ MNEMESH_AGENT: 'planner' });
    const flags = ['--kind', 'decision', '--topic', 'release', '--tags', 'team, dates'];
    const added = await run(at, ['remember', 'We ship on Fridays', ...flags, '--json']);
    const { reached, record } = added.json<Written<MemoryItem>>();
    expect(reached).toBe('saved');
    expect(record).toMatchObject({
      content: 'We ship on Fridays',
      kind: 'decision',
      topic: 'release',
    });
    expect([...record.tags].sort()).toEqual(['dates', 'team']);

    const { hits } = (await run(at, ['recall', 'fridays', '--json'])).json<{
      hits: { id: string }[];
    }>();
    expect(hits.map(({ id }) => id)).toEqual([record.id]);
    const shown = await run(at, ['recall', 'FRIDAYS']);
    expect(shown.out).toContain('We ship on Fridays');
    expect(shown.out).toContain('planner/');
    expect(shown.out).not.toContain('\u001b');
    expect((await run(at, ['recall', 'nothing of it', '--json'])).json()).toMatchObject({
      hits: [],
      abstain: true,
    });
  });

  test('a task is added, listed, changed and shown by its id', async () => {
    const at = await place();
    const first = (await run(at, ['task', 'add', 'Read the gauge', '--json'])).json<Written<Task>>()
      .record;
    const flags = ['--priority', '1', '--tags', 'ui', '--blocked-by', first.id];
    const { record } = (await run(at, ['task', 'add', 'Show the tide', ...flags, '--json'])).json<
      Written<Task>
    >();
    expect(record.dependencies).toEqual([
      expect.objectContaining({ type: 'blocks', on: first.id }),
    ]);

    const update = [
      'task',
      'update',
      record.id,
      '--status',
      'completed',
      '--result',
      'Merged',
      '--add-tags',
      'done',
      '--remove-tags',
      'ui',
    ];
    const updated = (await run(at, [...update, '--json'])).json<Written<Task>>().record;
    expect(updated).toMatchObject({
      status: 'completed',
      result: 'Merged',
      tags: ['done'],
      conflicts: [],
    });

    const listed = (await run(at, ['task', 'list', '--status', 'completed', '--json'])).json<{
      total: number;
      tasks: Task[];
    }>();
    expect(listed.total).toBe(1);
    expect(listed.tasks.map(({ id }) => id)).toEqual([record.id]);
    const page = (await run(at, ['task', 'show', record.id])).out;
    for (const text of ['Show the tide', 'completed', 'Merged', `blocks → ${first.id}`])
      expect(page).toContain(text);
  });

  test('--acked fails with 5, and the item is kept', async () => {
    const at = await place();
    const { code, err } = await run(at, ['remember', 'for later', '--acked']);
    expect(code).toBe(5);
    expect(err).toContain('Saved on this device, but not acked: no relay is set');
    expect((await run(at, ['recall', 'later'])).out).toContain('for later');
  });

  test('init writes the settings that later commands use, and never over others', async () => {
    const at = await place();
    const flags = ['--mesh', 'atlas', '--agent', 'planner', '--data', 'state'];
    const made = (await run(at, ['init', ...flags, '--json'])).json<{
      config: string;
      key: string;
      keyMade: boolean;
    }>();
    expect(made).toMatchObject({
      config: join(at.cwd, 'mnemesh.json'),
      key: join(at.cwd, 'state/keys/planner.json'),
      keyMade: true,
    });
    expect((await stat(made.key)).mode & 0o777).toBe(0o600);

    const { settings } = (await run(at, ['status', '--explain', '--json'])).json<{
      settings: Record<string, unknown>;
    }>();
    expect(settings).toMatchObject({
      mesh: { value: 'atlas', from: made.config },
      agent: { value: 'planner', from: made.config },
      data: { value: join(at.cwd, 'state'), from: made.config },
    });
    expect((await run(at, ['status'])).out).toMatch(/mesh +atlas\nagent +planner\//);

    const again = await run(at, ['init', '--mesh', 'other']);
    expect(again.code).toBe(1);
    expect(again.err).toContain('--force');
    expect(JSON.parse(await readFile(made.config, 'utf8'))).toMatchObject({ mesh: 'atlas' });
    expect((await run(at, ['init', '--mesh', 'other', '--force'])).code).toBe(0);
    expect((await run(at, ['status', '--explain'])).out).toMatch(/^mesh +other /m);
  });

  test('status --explain opens nothing', async () => {
    const at = await place();
    const { out } = await run(at, ['status', '--explain', '--data', 'state']);
    expect(out).toContain(`${join(at.cwd, 'state')}  from command line`);
    await expect(stat(join(at.cwd, 'state'))).rejects.toThrow();
  });
});

describe('beads files', () => {
  const lines = [
    {
      id: 'tm-1',
      title: 'Show the tide',
      status: 'hooked',
      priority: 2,
      labels: ['ui'],
      own: { field: 1 },
    },
    {
      id: 'tm-2',
      title: 'Read the gauge',
      status: 'tombstone',
      deleted_by: 'ines',
      dependencies: [{ issue_id: 'tm-2', depends_on_id: 'tm-0', type: 'blocks' }],
    },
  ];
  const text = lines.map((line) => JSON.stringify(line)).join('\n');

  test('are imported from a file or standard input, and exported as they came', async () => {
    const at = await place();
    await writeFile(join(at.cwd, 'issues.jsonl'), text);
    const first = await run(at, ['import', 'beads', 'issues.jsonl']);
    expect(first.code).toBe(0);
    expect(first.out).toContain(
      '2 records: 2 new, 0 changed, 0 unchanged, 0 forgotten and left so, 0 bad; 1 dependencies',
    );
    expect(first.err).toContain(
      'tm-2 blocks → tm-0: there is no such task; the dependency is kept',
    );
    const again = await run(at, ['import', 'beads', '-', '--json'], text);
    expect(again.json()).toMatchObject({ created: 0, updated: 0, unchanged: 2, bad: [] });

    const { out } = await run(at, ['export', 'beads']);
    expect(
      out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual(lines);
    expect((await run(at, ['task', 'show', 'tm-1'])).out).toContain('beads:tm-1');
    expect((await run(at, ['task', 'show', 'beads:tm-1'])).out).toContain('Show the tide');
  });

  test('with a bad record exit with 1, name its line, and import the rest', async () => {
    const at = await place();
    const { code, out, err } = await run(at, ['import', 'beads', '-'], `${text}\n{"id":"tm-3"\n`);
    expect(code).toBe(1);
    expect(out).toContain(
      '3 records: 2 new, 0 changed, 0 unchanged, 0 forgotten and left so, 1 bad',
    );
    expect(err).toContain('line 3: The record is no JSON');
  });

  test('export without a format gives every record as one line', async () => {
    const at = await place();
    await run(at, ['import', 'beads', '-'], text);
    await run(at, ['remember', 'Springs come late here']);
    const records = (await run(at, ['export'])).out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(records.map(({ collection }) => collection)).toEqual(['memory', 'task', 'task']);
    expect(records[0]).toMatchObject({ content: 'Springs come late here' });
  });
});
