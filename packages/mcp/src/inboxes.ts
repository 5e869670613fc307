import type { Mesh } from '@mnemesh/core';
import { MnemeshError } from '@mnemesh/protocol';

/**
 * Where the messages to an agent are: memory items, oldest first, archived by whoever has read them.
 * A message is given until it is marked as read, so it may come twice, and is not lost.
 */
export function inboxOf(agent: string): string {
  return `agents/${agent}/inbox`;
}

/** What stands for every other agent. */
export const EVERYBODY = '*';

/**
 * The agents of this name or id; of one name there are several, when several devices use it.
 * @throws MnemeshError `not_found` naming those that there are
 */
export async function addressed(mesh: Mesh, to: string): Promise<readonly string[]> {
  const agents = await mesh.agents();
  const others = agents.filter(({ id }) => id !== mesh.agent.id);
  const found =
    to === EVERYBODY ? others : agents.filter(({ id, name }) => id === to || name === to);
  if (found.length > 0) return found.map(({ id }) => id);
  const names = [...new Set(others.map(({ name }) => name))].sort();
  throw new MnemeshError(
    'not_found',
    names.length === 0
      ? 'No other agent has written anything in this mesh yet; there is nobody to write to.'
      : `There is no agent "${to}" that has written anything in this mesh. There are: ${names.join(', ')}.`,
  );
}
