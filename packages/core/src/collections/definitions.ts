import { memberDefinition, namespaceDefinition } from '../documents/directory.js';
import { endDefinition } from '../forgetting/end-records.js';
import { receiptDefinition, replicaDefinition } from '../forgetting/holder-records.js';
import type { StoredRecord } from '../ports/index.js';
import { proseDefinition } from '../prose/prose-document.js';
import { proseTextDefinition } from '../prose/prose-text-definition.js';
import { derivedFrom, type StoredView } from '../records/projection.js';
import { conversationDefinition } from './conversation.js';
import { eventDefinition } from './conversation-event.js';
import { memoryDefinition } from './memory-item.js';
import { personaDefinition } from './persona.js';
import type { CollectionDefinition } from './schema.js';
import { sessionDefinition } from './session-record.js';
import { taskDefinition } from './task.js';
import { toolDefinition } from './tool-state.js';

const definitions: ReadonlyMap<string, CollectionDefinition> = new Map(
  [
    memoryDefinition,
    taskDefinition,
    toolDefinition,
    conversationDefinition,
    eventDefinition,
    personaDefinition,
    sessionDefinition,
    proseDefinition,
    memberDefinition,
    namespaceDefinition,
    replicaDefinition,
    receiptDefinition,
    endDefinition,
  ].map((definition) => [definition.name, definition]),
);

export function definitionOf(collection: string): CollectionDefinition | undefined {
  return definitions.get(collection);
}

/** For a store of an older format: what it keeps of a record beside its view, as it would be kept today. */
export function derivedOfView({
  collection,
  view,
}: Pick<StoredRecord, 'collection' | 'view'>): ReturnType<typeof derivedFrom> {
  const definition =
    collection === proseTextDefinition.name ? proseTextDefinition : definitionOf(collection);
  if (definition === undefined) return { thread: undefined, position: undefined, text: '' };
  return derivedFrom(definition, (JSON.parse(view) as Partial<StoredView>).fields ?? {});
}
