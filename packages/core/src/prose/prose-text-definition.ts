import * as v from 'valibot';
import { defineCollection } from '../collections/schema.js';

/** What the store keeps of a prose document's text, for recall. No envelope makes a record of it: it follows from the text. */
export const proseTextDefinition = defineCollection({
  name: 'prose-text',
  namespace: 'shared/prose',
  stateField: 'title',
  fields: { title: v.string(), text: v.string() },
  writeOnce: ['title', 'text'],
  searched: ['title', 'text'],
});
