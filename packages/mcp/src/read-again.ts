import type { Mesh, RecallHit, RecordView } from '@mnemesh/core';

/** A record that was found by a session that only looks. */
export type FoundRecord = Pick<RecallHit, 'collection' | 'namespace' | 'id'>;

/**
 * Reads a record by the session that is told of it. Tools choose among records that they look through
 * with a session that only watches: what they then leave out was not shown.
 */
export async function readAgain(
  mesh: Mesh,
  { collection, namespace, id }: FoundRecord,
): Promise<RecordView | undefined> {
  switch (collection) {
    case 'memory':
      return mesh.memory.in(namespace).get(id);
    case 'task':
      return mesh.tasks.in(namespace).get(id);
    case 'tool':
      return mesh.tools.in(namespace).get(id);
    case 'conversation':
      return mesh.conversations.in(namespace).get(id);
    case 'event':
      return mesh.conversations.in(namespace).event(id);
    case 'persona':
      return mesh.personas.in(namespace).get(id);
    default:
      return undefined;
  }
}
