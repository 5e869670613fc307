import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test, vi } from 'vitest';

// Eight processes, on a machine that may be busy with other tests.
vi.setConfig({ testTimeout: 240_000 });

const DEMO = fileURLToPath(new URL('../../apps/cli/dist/demo/main.js', import.meta.url));

interface Shown {
  readonly code: number;
  readonly out: string;
}

function show(args: readonly string[]): Promise<Shown> {
  return new Promise((resolve) => {
    execFile(process.execPath, [DEMO, '--once', '--port', '0', ...args], (error, out, err) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, out: out + err });
    });
  });
}

test('[CV] [ND] [CF] the demo over the sample: everything it promises holds', async () => {
  const { code, out } = await show([]);
  expect(out).not.toContain('FAILED');
  expect(out).toMatch(/(\d+) of \1 checks held/);
  expect(code).toBe(0);
  expect(out).toMatch(/ (\d+) of \1 saved records are there after reopening/);
  for (const text of [
    'each holds the 204 tasks of the file',
    'both values of all 32 fields written on both sides are there',
    'every record is equal in all three stores',
  ]) {
    expect(out).toContain(text);
  }
});

test('the demo over a file of yours, with lines it has never seen', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'mnemesh-e2e-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const file = join(directory, 'issues.jsonl');
  const lines = Array.from({ length: 40 }, (_, i) => ({
    id: `own-${i}`,
    title: `Task ${i}`,
    status: i % 2 === 0 ? 'open' : 'closed',
    ...(i % 3 === 0 ? { unknown: { deep: [i, null] } } : {}),
    ...(i > 0
      ? { dependencies: [{ issue_id: `own-${i}`, depends_on_id: `own-${i - 1}`, type: 'blocks' }] }
      : {}),
  }));
  await writeFile(file, lines.map((line) => JSON.stringify(line)).join('\n'));

  const { code, out } = await show(['--import', 'beads', file]);
  expect(out).not.toContain('FAILED');
  expect(code).toBe(0);
  expect(out).toContain('each holds the 40 tasks of the file');
  expect(out).toContain('and its 39 dependencies');
});

test('a call that is not right says how it is done', async () => {
  const { code, out } = await show(['--import', 'csv', 'x']);
  expect(code).toBe(2);
  expect(out).toContain('Usage: npm start -- [--import beads FILE]');
});
