import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse as parseToml } from 'smol-toml';
import { describe, expect, test, vi } from 'vitest';
import { type Place, run } from './run-command.js';
import { temporaryPlace } from './temporary-place.js';

// Processes are started, on a machine that may be busy with other tests.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 30_000 });

interface Entry {
  readonly command: string;
  readonly args: readonly string[];
}

/** A project in a home directory of its own. */
async function project(): Promise<Place & { readonly file: (name: string) => string }> {
  const home = await temporaryPlace();
  const cwd = join(home, 'project');
  await mkdir(cwd);
  return { cwd, env: { HOME: home }, file: (name) => join(cwd, name) };
}

const textOf = (path: string): Promise<string> => readFile(path, 'utf8');
const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

describe('setup', () => {
  test('shows what it would write, and writes nothing until told to', async () => {
    const at = await project();
    const { out, err, code } = await run(at, ['setup', 'claude']);
    expect(code).toBe(0);
    expect(out).toContain(`+++ ${at.file('.mcp.json')}`);
    expect(out).toContain('+    "mnemesh": {');
    expect(out).toContain('+- Before you ask or assume, call `recall`.');
    expect(err).toContain('--yes');
    expect(await isThere(at.file('.mcp.json'))).toBe(false);
  });

  test('writes a config whose command serves this mesh, and twice is as once', async () => {
    const at = await project();
    await run(at, ['setup', 'claude', '--mesh', 'atlas', '--profile', 'team', '--yes']);
    const { mcpServers } = JSON.parse(await textOf(at.file('.mcp.json'))) as {
      mcpServers: { mnemesh: Entry };
    };
    const { command, args } = mcpServers.mnemesh;
    expect(args.slice(-5)).toEqual(['mcp', '--mesh', 'atlas', '--profile', 'team']);
    expect(command).toBe(process.execPath);
    const before = await textOf(at.file('CLAUDE.md'));
    const again = await run(at, [
      'setup',
      'claude',
      '--mesh',
      'atlas',
      '--profile',
      'team',
      '--yes',
    ]);
    expect(again.out).toContain('set up already');
    expect(await textOf(at.file('CLAUDE.md'))).toBe(before);
  });

  test('names the command where the shell finds it, so that the file can be shared', async () => {
    const at = await project();
    const bin = at.file('bin');
    await mkdir(bin);
    await writeFile(join(bin, 'mnemesh'), '#!/bin/sh\n');
    await chmod(join(bin, 'mnemesh'), 0o755);
    const place = { ...at, env: { ...at.env, PATH: bin } };
    await run(place, ['setup', 'cursor', '--yes']);
    const { mcpServers } = JSON.parse(await textOf(at.file('.cursor/mcp.json')));
    expect(mcpServers.mnemesh).toEqual({ command: 'mnemesh', args: ['mcp'] });
    expect(await textOf(at.file('.cursor/rules/mnemesh.mdc'))).toMatch(/^---\ndescription:/);
  });

  test('keeps what is there: comments, order, other servers, and what a link leads to', async () => {
    const at = await project();
    const text =
      '{\n\t// mine\n\t"inputs": [],\n\t"servers": {\n\t\t"x": { "command": "y" }, // keep\n\t},\n}\n';
    await mkdir(at.file('.vscode'));
    await writeFile(at.file('real.json'), text);
    await symlink(at.file('real.json'), at.file('.vscode/mcp.json'));
    await run(at, ['setup', 'vscode', '--yes']);
    const after = await textOf(at.file('real.json'));
    for (const line of text.trim().split('\n')) expect(after).toContain(line);
    expect(after).toContain('"type": "stdio"');
    await run(at, ['setup', 'vscode', '--undo', '--yes']);
    expect(await textOf(at.file('real.json'))).toBe(text);
    expect(await isThere(at.file('.github/copilot-instructions.md'))).toBe(false);
  });

  test('keeps comments and tables of a TOML file, and exchanges only its own', async () => {
    const at = await project();
    const text =
      '# top\nmodel = "o3" # why\n\n[mcp_servers.other]\ncommand = "npx"\n\n# below\n[tui]\ntheme = "dark"\n';
    const path = join(at.env?.HOME as string, '.codex/config.toml');
    await mkdir(join(at.env?.HOME as string, '.codex'));
    await writeFile(path, text);
    await run(at, ['setup', 'codex', '--user', '--yes']);
    await writeFile(path, `${await textOf(path)}\n# after\n[history]\npersistence = "none"\n`);
    await run(at, ['setup', 'codex', '--user', '--agent', 'codex', '--yes']);
    const after = await textOf(path);
    expect(after.startsWith(text)).toBe(true);
    expect(after).toContain('# after\n[history]');
    const parsed = parseToml(after) as unknown as {
      mcp_servers: Record<string, Entry>;
      history: object;
    };
    expect(parsed.mcp_servers.mnemesh?.args.slice(-3)).toEqual(['mcp', '--agent', 'codex']);
    expect(parsed.history).toEqual({ persistence: 'none' });
    await run(at, ['setup', 'codex', '--user', '--undo', '--yes']);
    expect(await textOf(path)).toBe(`${text}\n# after\n[history]\npersistence = "none"\n`);
  });

  test('is undone as it was, or, where somebody wrote on, without our part', async () => {
    const at = await project();
    await writeFile(at.file('CLAUDE.md'), '# Project\n');
    await run(at, ['setup', 'claude', '--yes']);
    const written = await textOf(at.file('CLAUDE.md'));
    await writeFile(at.file('CLAUDE.md'), `${written}\nMore.\n`);
    await run(at, ['setup', 'claude', '--undo', '--yes']);
    expect(await textOf(at.file('CLAUDE.md'))).toBe('# Project\n\nMore.\n');
    expect(await isThere(at.file('.mcp.json'))).toBe(false);
    expect((await run(at, ['setup', 'claude', '--undo'])).out).toContain('Nothing of Mnemesh');
  });

  test('gives back an entry of the same name that was there before', async () => {
    const at = await project();
    const text = '{"mcpServers":{"mnemesh":{"command":"old","args":[]}}}\n';
    await writeFile(at.file('.mcp.json'), text);
    await run(at, ['setup', 'claude', '--yes']);
    await run(at, ['setup', 'claude', '--profile', 'team', '--yes']);
    expect(await textOf(at.file('.mcp.json'))).not.toContain('old');
    await run(at, ['setup', 'claude', '--undo', '--yes']);
    expect(await textOf(at.file('.mcp.json'))).toBe(text);
  });

  test('keeps the mode of a file, and its copy of it for nobody else to read', async () => {
    const at = await project();
    const path = at.file('.mcp.json');
    const modeOf = async (file: string): Promise<number> => (await stat(file)).mode & 0o777;
    await writeFile(path, '{"mcpServers":{"other":{"env":{"TOKEN":"secret"}}}}\n');
    const copies = join(String(at.env?.HOME), '.mnemesh/setup');
    await mkdir(copies, { recursive: true });
    await chmod(copies, 0o755);
    for (const mode of [0o666, 0o600]) {
      await chmod(path, mode);
      await run(at, ['setup', 'claude', '--yes']);
      expect(await modeOf(path)).toBe(mode);
      expect(await modeOf(copies)).toBe(0o700);
      const kept = await readdir(copies);
      expect(kept.length).toBeGreaterThan(0);
      for (const file of kept) expect(await modeOf(join(copies, file))).toBe(0o600);
      await run(at, ['setup', 'claude', '--undo', '--yes']);
      expect(await textOf(path)).toContain('secret');
      expect(await modeOf(path)).toBe(mode);
    }
  });

  test('leaves a file alone that it cannot read, and says where the mistake is', async () => {
    const at = await project();
    await writeFile(at.file('.mcp.json'), '{\n  "mcpServers": {\n    "x": \n}');
    const json = await run(at, ['setup', 'claude', '--yes']);
    expect(json.code).toBe(2);
    expect(json.err).toContain('.mcp.json is no JSON');
    expect(await isThere(at.file('CLAUDE.md'))).toBe(false);
    await mkdir(at.file('.codex'));
    await writeFile(at.file('.codex/config.toml'), '[mcp_servers]\nmnemesh = { command = "x" }\n');
    const toml = await run(at, ['setup', 'codex', '--yes']);
    expect(toml.code).toBe(2);
    expect(toml.err).toContain('[mcp_servers.mnemesh]');
    expect(await textOf(at.file('.codex/config.toml'))).toContain('{ command = "x" }');
  });

  test('doctor tells which clients start mnemesh, and what is no more there', async () => {
    const at = await project();
    const clients = async (): Promise<readonly { state: string; text: string }[]> => {
      const { checks } = (await run(at, ['doctor', '--json'])).json<{
        checks: readonly { check: string; state: string; text: string }[];
      }>();
      return checks.filter(({ check }) => check === 'clients');
    };
    expect(await clients()).toMatchObject([{ state: 'note' }]);
    await run(at, ['setup', 'claude', '--yes']);
    expect(await clients()).toMatchObject([
      { state: 'ok', text: expect.stringContaining('Claude Code') },
    ]);
    // Its model is told in CLAUDE.md: as setup wrote it, otherwise, not at all, or in vain.
    const told = await textOf(at.file('CLAUDE.md'));
    await writeFile(at.file('CLAUDE.md'), told.replace('call `recall`', 'ask `recall`'));
    const advice = expect.stringContaining('mnemesh setup claude --yes');
    expect(await clients()).toMatchObject([
      { state: 'ok' },
      { state: 'note', text: expect.stringContaining('another version'), advice },
    ]);
    await writeFile(at.file('CLAUDE.md'), '# Project\n');
    expect(await clients()).toMatchObject([
      { state: 'ok' },
      { state: 'warn', text: expect.stringContaining('does not tell its model'), advice },
    ]);
    await writeFile(at.file('CLAUDE.md'), told);
    await writeFile(at.file('.mcp.json'), '{}');
    expect(await clients()).toMatchObject([
      { state: 'warn', text: expect.stringContaining('does not start'), advice },
    ]);
    await writeFile(
      at.file('.mcp.json'),
      '{"mcpServers":{"mnemesh":{"command":"/nowhere/node","args":["mcp"]}}}',
    );
    expect(await clients()).toMatchObject([
      { state: 'bad', text: expect.stringContaining('/nowhere/node') },
    ]);
  });
});

test("import server-memory takes in the official memory server's file, twice as once", async () => {
  const at = await project();
  const lines = [
    { type: 'entity', name: 'Ada', entityType: 'person', observations: ['speaks French'] },
    { type: 'relation', from: 'Ada', to: 'Acme', relationType: 'works_at' },
  ];
  await writeFile(at.file('memory.jsonl'), lines.map((line) => JSON.stringify(line)).join('\n'));
  const first = await run(at, ['import', 'server-memory', 'memory.jsonl', '--relay', 'none']);
  expect(first.code).toBe(0);
  expect(first.out).toContain('1 new entities, 0 known; 1 new relations, 0 known; 0 bad');
  const again = await run(
    at,
    ['import', 'server-memory', '-', '--relay', 'none'],
    `${lines.map((line) => JSON.stringify(line)).join('\n')}\nno json\n`,
  );
  expect(again.code).toBe(1);
  expect(again.out).toContain('0 new entities, 1 known; 0 new relations, 1 known; 1 bad');
  expect(again.err).toContain('line 3: it is no JSON');
  const { out } = await run(at, ['recall', 'Ada french', '--relay', 'none']);
  expect(out).toContain('speaks French');
});
