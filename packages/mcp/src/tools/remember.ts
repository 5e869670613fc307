import type { MemoryInput } from '@mnemesh/core';
import * as v from 'valibot';
import { given } from '../given.js';
import { uriOf } from '../record-name.js';
import { filled, memoryKind, memoryNamespace, text, texts } from '../schemas.js';
import { defineTool } from '../tool.js';

export const remember = defineTool({
  name: 'remember',
  title: 'Remember',
  description:
    'Saves one thing worth knowing later, for every agent of this mesh: a fact, a decision, a preference, how something is done. ' +
    'One item, one thing, written so that it is understood without this conversation. ' +
    'To correct something, remember the new version and name the old item in `supersedes`. ' +
    'Do not save what you only recalled, nor secrets.',
  hints: { readOnly: false, destructive: false, idempotent: false },
  input: v.strictObject({
    content: filled('What to remember'),
    kind: v.optional(memoryKind),
    topic: v.optional(
      filled(
        'What it is about, in a word or two. Items of one topic that agents wrote without having read each other are shown as a conflict',
      ),
    ),
    tags: v.optional(texts('Words to find it by')),
    importance: v.optional(
      v.pipe(v.number(), v.minValue(0), v.maxValue(1), v.description('0 to 1')),
    ),
    supersedes: v.optional(texts('Ids of items that this one takes the place of')),
    sources: v.optional(texts('Where it is known from: addresses, files, ids of items')),
    validFrom: v.optional(text('ISO 8601: from when it holds')),
    validTo: v.optional(text('ISO 8601: until when it holds')),
    namespace: memoryNamespace,
  }),
  output: v.object({
    id: v.string(),
    uri: v.string(),
  }),
  run: async ({ content, namespace, ...rest }, session) => {
    const mesh = await session.acting();
    const memory = namespace === undefined ? mesh.memory : mesh.memory.in(namespace);
    const item = await memory.create({ content, ...given<Omit<MemoryInput, 'content'>>(rest) });
    const data = { id: item.id, uri: uriOf(item) };
    return { data, text: `Saved as ${data.uri}.` };
  },
});
