import type { Mesh, Task } from '@mnemesh/core';
import { openMesh } from '@mnemesh/open-mesh';
import { onTestFinished } from 'vitest';
import { type ImportReport, importBeads } from '../src/beads/import-beads.js';
import { refOf } from '../src/beads/task-of-issue.js';
import { beadsLines } from '../src/commands/export.js';
import type { AnyIssue } from './beads-issues.js';
import { temporaryPlace } from './temporary-place.js';

/** A mesh with a store of its own and no relay, closed after the test. */
export async function openPlace(data?: string): Promise<Mesh> {
  const mesh = await openMesh({
    mesh: 'atlas',
    agent: 'planner',
    data: data ?? (await temporaryPlace()),
    relay: 'none',
  });
  onTestFinished(() => mesh.close());
  return mesh;
}

export function importIssues(mesh: Mesh, issues: readonly AnyIssue[]): Promise<ImportReport> {
  return importBeads(
    mesh.tasks,
    issues.map((issue) => JSON.stringify(issue)),
  );
}

export async function exported(mesh: Mesh): Promise<readonly AnyIssue[]> {
  return (await beadsLines(mesh)).map((line) => JSON.parse(line) as AnyIssue);
}

export async function taskNamed(mesh: Mesh, id: string): Promise<Task> {
  return (await mesh.tasks.getByRef(refOf(id))) as Task;
}
