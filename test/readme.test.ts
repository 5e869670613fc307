import { execFile } from 'node:child_process';
import { access, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { serve } from '@mnemesh/server';
import { expect, onTestFinished, test, vi } from 'vitest';

// Processes are started, on a machine that may be busy with other tests.
vi.setConfig({ testTimeout: 120_000 });

const run = promisify(execFile);
const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const readme = await readFile(path('../README.md'), 'utf8');

/** The first fenced block of this language. */
function block(language: string): string {
  const [, text] = readme.match(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'ms')) ?? [];
  expect(text, `README.md has a block of ${language}`).toBeDefined();
  return text as string;
}

async function placeWithRelay(): Promise<{
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}> {
  const cwd = await mkdtemp(join(tmpdir(), 'mnemesh-readme-'));
  const relay = await serve({ port: 0, host: '127.0.0.1', data: join(cwd, 'relay') });
  onTestFinished(async () => {
    await relay.close();
    await rm(cwd, { recursive: true, force: true });
  });
  // Variables override the options: the port of the text may be taken on this machine.
  return { cwd, env: { PATH: process.env.PATH, HOME: cwd, MNEMESH_RELAY: relay.url } };
}

test('the example of the README has ten lines, runs, and prints what the README says', async () => {
  const { cwd, env } = await placeWithRelay();
  const example = block('ts');
  expect(example.split('\n').filter((line) => line.trim() !== '').length).toBeLessThanOrEqual(10);
  await symlink(path('node_modules'), join(cwd, 'node_modules'));
  await writeFile(join(cwd, 'example.mjs'), example);
  const { stdout } = await run(process.execPath, ['example.mjs'], { cwd, env });
  expect(stdout).toBe(block('text'));
});

test('the document of the README is typed into and replaced as it says', async () => {
  const { cwd, env } = await placeWithRelay();
  const example = block('js');
  await symlink(path('node_modules'), join(cwd, 'node_modules'));
  await writeFile(join(cwd, 'example.mjs'), example);
  const { stdout } = await run(process.execPath, ['example.mjs'], { cwd, env });
  const [, said] = example.match(/console\.log\(.*\); \/\/ (.*)/) ?? [];
  expect(stdout.trim()).toBe(said);
});

test('the commands of the README run one after the other', async () => {
  const { cwd, env } = await placeWithRelay();
  const lines = block('sh')
    .split('\n')
    .map((line) => line.replace(/ +#.*$/, ''))
    .filter((line) => line !== '' && line !== 'mnemesh serve');
  expect(lines.length).toBeGreaterThan(8);
  const outputs = new Map<string, string>();
  for (const line of lines) {
    const [, ...words] = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, a, b]) => a ?? b ?? '');
    const bin = path('../apps/cli/bin/mnemesh.js');
    const { stdout } = await run(process.execPath, [bin, ...words], { cwd, env });
    outputs.set(line, stdout);
  }
  expect(outputs.get('mnemesh recall "when do we ship"')).toContain('We ship on Fridays');
  expect(outputs.get('mnemesh task list --status submitted')).toContain('Write the release notes');
  expect(outputs.get('mnemesh status')).toContain('switched offline');
});

test('every link of the README leads to a file', async () => {
  const links = [...readme.matchAll(/\]\((?!http)([^)#]+)\)/g)].map(([, link]) => link as string);
  expect(links.length).toBeGreaterThan(2);
  for (const link of links) {
    await expect(access(path(`../${link}`)), link).resolves.toBeUndefined();
  }
});
