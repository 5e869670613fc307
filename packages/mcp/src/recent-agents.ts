import type { Mesh } from '@mnemesh/core';
import { mcpLimits } from './mcp-limits.js';
import { agentNames } from './record-name.js';

export interface RecentAgent {
  readonly id: string;
  readonly name: string;
  readonly kind: string;
  /** ISO 8601: when it last wrote an item or a task. */
  readonly lastWrote: string;
  /** A task that it said it works on. */
  readonly doing?: string;
}

/**
 * Agents that wrote something lately, the latest first: what is known of who is here, until replicas
 * tell each other who has a session open.
 * @param mesh a session that never writes: what is read here, nobody is shown
 */
export async function recentAgents(mesh: Mesh, now: number): Promise<readonly RecentAgent[]> {
  const limit = mcpLimits.recentRecords;
  const [items, tasks, agents, nameOf] = await Promise.all([
    mesh.memory.list({ limit }),
    mesh.tasks.list({ limit }),
    mesh.agents(),
    agentNames(mesh),
  ]);
  const kinds = new Map<string, string>(agents.map(({ id, kind }) => [id, kind]));
  const last = new Map<string, { at: string; doing: string | undefined }>();
  const wrote = (id: string, at: string, doing?: string): void => {
    const known = last.get(id);
    if (known === undefined || known.at < at) last.set(id, { at, doing: doing ?? known?.doing });
    else known.doing ??= doing;
  };
  for (const { createdBy, createdAt } of items) wrote(createdBy, createdAt);
  for (const { updatedBy, updatedAt, status, title } of tasks)
    wrote(updatedBy, updatedAt, status === 'working' ? title : undefined);
  return [...last]
    .filter(([, { at }]) => now - Date.parse(at) <= mcpLimits.recentMs)
    .sort(([, a], [, b]) => (a.at < b.at ? 1 : -1))
    .map(([id, { at, doing }]) => ({
      id,
      name: nameOf(id),
      kind: kinds.get(id) ?? 'agent',
      lastWrote: at,
      ...(doing === undefined ? {} : { doing }),
    }));
}
