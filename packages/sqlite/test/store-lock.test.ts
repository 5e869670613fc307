import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hasCode } from '@mnemesh/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockStore } from '../src/index.js';

const holderScript = fileURLToPath(new URL('./holder.mjs', import.meta.url));
let directory: string;
const children: ChildProcess[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'mnemesh-lock-'));
});

afterEach(async () => {
  for (const child of children.splice(0)) await kill(child);
  rmSync(directory, { recursive: true, force: true });
});

async function holdElsewhere(announce: 'yes' | 'no'): Promise<ChildProcess> {
  const child = spawn(process.execPath, [holderScript, directory, announce], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  await once(child.stdout as NodeJS.ReadableStream, 'data');
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

function refusal(run: () => unknown): Error {
  try {
    run();
  } catch (error) {
    if (hasCode(error, 'store_in_use')) return error;
    throw error;
  }
  throw new Error('the lock was given twice');
}

describe('the lock of a store', () => {
  it('is refused to a second holder in the same process, and free after close', () => {
    const first = lockStore(directory);
    expect(refusal(() => lockStore(directory)).message).toContain(`pid ${process.pid}`);
    expect(refusal(() => lockStore(join(directory, '.', 'x', '..'))).message).toContain(
      'this process',
    );
    first.close();
    first.close();
    lockStore(directory).close();
  });

  it('is free after close although the note of who holds it cannot be deleted', () => {
    const first = lockStore(directory);
    rmSync(join(directory, 'lock.pid'));
    mkdirSync(join(directory, 'lock.pid', 'x'), { recursive: true });
    first.close();
    rmSync(join(directory, 'lock.pid'), { recursive: true });
    lockStore(directory).close();
  });

  it('names the pid of the process that holds it, and changes nothing', async () => {
    const holder = await holdElsewhere('yes');
    const before = readdirSync(directory);
    expect(refusal(() => lockStore(directory)).message).toContain(`pid ${holder.pid}`);
    expect(readdirSync(directory)).toEqual(before);
  });

  it('is refused also while the holder has not yet said who it is', async () => {
    writeFileSync(join(directory, 'lock.pid'), 'not a pid');
    await holdElsewhere('no');
    expect(refusal(() => lockStore(directory)).message).toContain('another process');
  });

  it('is free again after its process was killed with -9, although its files are left', async () => {
    const holder = await holdElsewhere('yes');
    await kill(holder);
    expect(existsSync(join(directory, 'lock.pid'))).toBe(true);
    const lock = lockStore(directory);
    expect(refusal(() => lockStore(directory)).message).toContain(`pid ${process.pid}`);
    lock.close();
  });

  it('creates the directory, and says which one it could not create', () => {
    lockStore(join(directory, 'a', 'b')).close();
    writeFileSync(join(directory, 'file'), '');
    expect(() => lockStore(join(directory, 'file', 'b'))).toThrowError(
      expect.objectContaining({
        code: 'store_failed',
        message: expect.stringContaining(join('file', 'b')),
      }),
    );
  });
});
