import type { Mesh, PresentSession } from '@mnemesh/core';
import { mcpLimits } from '../mcp-limits.js';
import { watchNamespace } from './namespace-watch.js';

/**
 * Calls `changed` when the context may read differently: when a record changes in the namespaces where fresh
 * ones go, or in those that it quotes now; when a conflict begins or ends anywhere, which a changed policy
 * brings about too; and when others come, go, or do something else. Nobody tells of a namespace that is new to it.
 */
export async function watchContext(mesh: Mesh, changed: () => void): Promise<() => void> {
  const { sections } = await mesh.context({ budgetTokens: mcpLimits.contextTokens });
  const quoted = Object.values(sections).flat();
  const namespaces = new Set([
    mesh.memory.namespace,
    mesh.tasks.namespace,
    mesh.prose.namespace,
    ...quoted.flatMap(({ namespace }) => namespace ?? []),
  ]);
  const stops = [
    ...[...namespaces].map((namespace) => watchNamespace(mesh, namespace, changed)),
    mesh.conflicts.watch(changed),
    await watchOthers(mesh, changed),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

/** What the context tells of who is here; that somebody was heard again is no news. */
async function watchOthers(mesh: Mesh, changed: () => void): Promise<() => void> {
  let before = described(await mesh.presence.list());
  return mesh.presence.watch((sessions) => {
    const now = described(sessions);
    if (now === before) return;
    before = now;
    changed();
  });
}

function described(sessions: readonly PresentSession[]): string {
  return JSON.stringify(
    sessions.map(({ session, status, persona, task }) => [session, status, persona, task]),
  );
}
