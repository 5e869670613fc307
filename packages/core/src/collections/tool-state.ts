import * as v from 'valibot';
import type { Collection, Json, RecordView } from './collection.js';
import { anyJson, defineCollection } from './schema.js';

/** What a tool remembers between calls. Kept in `shared/tools`, unless another namespace is named. */
export const toolDefinition = defineCollection({
  name: 'tool',
  namespace: 'shared/tools',
  stateField: 'tool',
  fields: {
    tool: v.pipe(v.string(), v.minLength(1), v.maxLength(200)),
    state: anyJson,
  },
  writeOnce: ['tool'],
  searched: ['tool'],
});

export interface ToolState extends RecordView {
  readonly tool: string;
  readonly state: Json;
}

export interface ToolInput {
  readonly tool: string;
  readonly state: Json;
}

export interface ToolPatch {
  readonly state: Json;
}

export interface Tools extends Collection<ToolState, ToolInput, ToolPatch> {
  in(namespace: string): Tools;
}
