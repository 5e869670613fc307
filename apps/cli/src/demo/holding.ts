import { createHash } from 'node:crypto';
import type { Mesh } from '@mnemesh/core';
import { everyRecord, recordLines } from '../commands/export.js';
import type { Holding, Progress } from './agent-commands.js';

export function progressOf(mesh: Mesh): Progress {
  const { unsaved, unacked, synced, offline } = mesh.status;
  return { acked: unsaved === 0 && unacked === 0, synced, offline, unacked };
}

/** Counts what a replica holds, and digests every record's view as canonical JSON. */
export async function holdingOf(mesh: Mesh): Promise<Holding> {
  const tasks = await everyRecord(mesh.tasks);
  const memory = await mesh.memory.count({ archived: 'any' });
  const hash = createHash('sha256');
  for (const line of await recordLines(mesh)) hash.update(line).update('\n');
  return {
    ...progressOf(mesh),
    tasks: tasks.length,
    dependencies: tasks.reduce((sum, { dependencies }) => sum + dependencies.length, 0),
    memory,
    conflicted: tasks.filter(({ conflicts }) => conflicts.length > 0).length,
    digest: hash.digest('hex').slice(0, 16),
  };
}
