import { spawnSync } from 'node:child_process';
import { readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { Child, type ChildOptions } from '../crash/child.js';
import { temporaryDirectory } from '../integration/place.js';
import { parseTrace, type Syscall, straceCommand } from './syscalls.js';

/** Seconds that installing strace may take. */
const INSTALL_SECONDS = 120;

/** Makes sure that strace is there. @throws Error that says how to get it */
export function ensureStrace(): void {
  if (isInstalled()) return;
  if (process.platform === 'linux' && process.getuid?.() === 0) {
    const options = { timeout: INSTALL_SECONDS * 1000, stdio: 'ignore' } as const;
    spawnSync('apt-get', ['update'], options);
    spawnSync('apt-get', ['install', '-y', 'strace'], options);
  }
  if (isInstalled()) return;
  throw new Error(
    'This test reads system calls with strace, which is missing. Install it ("apt-get install strace", on Linux), then run the tests again.',
  );
}

/** Runs a process under strace; `calls` gives what it did, once it has ended. */
export async function trace(options: ChildOptions): Promise<{
  readonly child: Child;
  readonly calls: () => Promise<readonly Syscall[]>;
}> {
  const output = join(await temporaryDirectory(), 'trace');
  const child = Child.start({ ...options, under: straceCommand(output) });
  return { child, calls: async () => parseTrace(await readFile(output, 'utf8')) };
}

/** A directory by the name that the kernel gives it. */
export async function realDirectory(): Promise<string> {
  return realpath(await temporaryDirectory());
}

function isInstalled(): boolean {
  return spawnSync('strace', ['--version'], { stdio: 'ignore' }).status === 0;
}
