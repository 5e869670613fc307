import * as v from 'valibot';
import type { Collection, RecordView } from './collection.js';
import { defineCollection } from './schema.js';

/** Characters of a persona's instructions: a page or two of a prompt. */
const INSTRUCTIONS_CHARS = 20_000;

/** A role that a session can take on. Its name is written once, because sessions and events name it. */
export const personaDefinition = defineCollection({
  name: 'persona',
  namespace: 'shared/personas',
  stateField: 'name',
  fields: {
    name: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(100)),
    description: v.optional(v.pipe(v.string(), v.maxLength(500))),
    /** What whoever takes it on is to do, and how. */
    instructions: v.pipe(v.string(), v.minLength(1), v.maxLength(INSTRUCTIONS_CHARS)),
  },
  writeOnce: ['name'],
  searched: ['name', 'description', 'instructions'],
});

export interface PersonaInput {
  readonly name: string;
  readonly description?: string;
  readonly instructions: string;
}

export interface Persona extends RecordView, PersonaInput {}

export interface PersonaPatch {
  readonly description?: string | null;
  readonly instructions?: string;
}

/** A session takes one on by its name. Nothing keeps two from having one name: `list({ state })` gives all that have it. */
export interface Personas extends Collection<Persona, PersonaInput, PersonaPatch> {
  in(namespace: string): Personas;
}
