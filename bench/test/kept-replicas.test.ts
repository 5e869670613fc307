import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';

const main = fileURLToPath(new URL('../dist/replica-scale/main.js', import.meta.url));

describe('a replica that is kept to be measured again', () => {
  it('is of the present format, and the same after a measurement that wrote', () => {
    const cache = mkdtempSync(join(tmpdir(), 'mnemesh-bench-test-'));
    onTestFinished(() => rmSync(cache, { recursive: true, force: true }));
    measure(cache);
    const authored = digestsIn(cache);
    measure(cache);

    expect([...authored.keys()].some((path) => path.endsWith('replica.db'))).toBe(true);
    expect(digestsIn(cache)).toEqual(authored);
    expect(readdirSync(cache)).toEqual([expect.stringMatching(/^format-[1-9]\d*$/)]);
  });
});

function measure(cache: string): void {
  const few = ['--sizes', '20', '--repeat', '1', '--writes', '3', '--offline-writes', '0'];
  execFileSync(process.execPath, [main, ...few, '--cache', cache], { stdio: 'ignore' });
}

function digestsIn(directory: string): ReadonlyMap<string, string> {
  const files = readdirSync(directory, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  return new Map(
    files
      .sort()
      .map((path) => [path, createHash('sha256').update(readFileSync(path)).digest('hex')]),
  );
}
