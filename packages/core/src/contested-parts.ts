import { MemoryCollection } from './collections/memory-collection.js';
import {
  type Persona,
  type PersonaInput,
  type PersonaPatch,
  personaDefinition,
} from './collections/persona.js';
import { RecordCollection } from './collections/record-collection.js';
import { TaskCollection } from './collections/task-collection.js';
import {
  type ToolInput,
  type ToolPatch,
  type ToolState,
  toolDefinition,
} from './collections/tool-state.js';
import { ConflictList } from './conflicts/conflict-list.js';
import type { Mesh } from './mesh.js';
import type { Replica } from './replica/replica.js';
import type { Session } from './session.js';

/**
 * Parts of a mesh in which agents may contradict each other: what a session writes there depends on
 * what it was shown. In the others nobody writes what another wrote, or all that is written stands.
 */
export type ContestedPart = 'memory' | 'tasks' | 'tools' | 'personas' | 'conflicts';

/** Opens each of them for one session. */
export const contestedParts: {
  readonly [Part in ContestedPart]: (replica: Replica, session: Session) => Mesh[Part];
} = {
  memory: (replica, session) => new MemoryCollection(replica, session),
  tasks: (replica, session) =>
    new TaskCollection(replica, session, replica.tasks.noticesOf(session.id)),
  tools: (replica, session) =>
    new RecordCollection<ToolState, ToolInput, ToolPatch>(replica, session, toolDefinition),
  personas: (replica, session) =>
    new RecordCollection<Persona, PersonaInput, PersonaPatch>(replica, session, personaDefinition),
  conflicts: (replica, session) => new ConflictList(replica, session),
};

export function isContested(part: string): part is ContestedPart {
  return Object.hasOwn(contestedParts, part);
}
