import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { emptied, memoryBehaviours, startedClient, toolsOf } from '@mnemesh/mcp-clients';
import type { MemorySubject } from './subjects.js';

export interface Conduct {
  /** What it does as the official server documents it, of all that is checked. */
  readonly held: number;
  readonly checked: number;
  readonly failed: readonly string[];
  /** Its tools as it lists them. */
  readonly tools: string;
}

/** Runs the checks of the official server's documented behaviour against a server. */
export async function conductOf(subject: MemorySubject): Promise<Conduct> {
  const directory = mkdtempSync(join(tmpdir(), 'mnemesh-memory-'));
  const client = await startedClient('checker', subject.command(directory));
  const failed: string[] = [];
  try {
    for (const { title, check } of memoryBehaviours) {
      try {
        await check(await emptied(client));
      } catch (error) {
        failed.push(`${title}: ${(error as Error).message}`);
      }
    }
    const checked = memoryBehaviours.length;
    const tools = JSON.stringify(await toolsOf(client));
    return { held: checked - failed.length, checked, failed, tools };
  } finally {
    await client.close();
    const left = await subject.shared?.(directory);
    if (left !== undefined) process.kill(left, 'SIGKILL');
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  }
}
