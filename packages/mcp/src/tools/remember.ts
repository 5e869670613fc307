import type { MemoryInput } from '@mnemesh/core';
import * as v from 'valibot';
import { cut, quoted } from '../answer-text.js';
import { conflictAnswer, conflictSchema, conflictText } from '../conflict-answer.js';
import { given } from '../given.js';
import { agentNames, parseRecordName, uriOf } from '../record-name.js';
import { filled, flag, memoryKind, memoryNamespace, text, texts } from '../schemas.js';
import { defineTool } from '../tool.js';

/** Items that say nearly the same, which an answer names. */
const SIMILAR = 5;

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
    pinned: v.optional(flag('Shown to every session when it starts')),
    supersedes: v.optional(texts('Ids or addresses of items that this one takes the place of')),
    sources: v.optional(texts('Where it is known from: addresses, files, ids of items')),
    validFrom: v.optional(text('ISO 8601: from when it holds')),
    validTo: v.optional(text('ISO 8601: until when it holds')),
    namespace: memoryNamespace,
  }),
  output: v.object({
    id: v.string(),
    uri: v.string(),
    confirmed: v.pipe(
      v.boolean(),
      v.description('You had read this here: it was noted as a confirmation of that item'),
    ),
    similar: v.array(v.object({ id: v.string(), similarity: v.number(), content: v.string() })),
    conflicts: v.array(conflictSchema),
  }),
  run: async ({ content, namespace, supersedes, ...rest }, session) => {
    const mesh = await session.acting();
    const memory = namespace === undefined ? mesh.memory : mesh.memory.in(namespace);
    const write = memory.create({
      content,
      ...given<Omit<MemoryInput, 'content'>>({
        ...rest,
        supersedes: supersedes?.map((id) => parseRecordName(id, memory.namespace).id),
      }),
    });
    const item = await write;
    const [confirmed, similar] = await Promise.all([write.confirmed, write.similar]);
    // Only what has a topic, or takes another's place, can contradict.
    const contradicts = item.topic !== undefined || supersedes !== undefined;
    const found = contradicts
      ? await mesh.conflicts.list({ namespaces: [item.namespace], record: item.id })
      : [];
    const nameOf = found.length === 0 ? String : await agentNames(mesh);
    const data = {
      id: item.id,
      uri: uriOf(item),
      confirmed,
      similar: similar.slice(0, SIMILAR).map((one) => ({
        id: one.id,
        similarity: one.similarity,
        content: cut(one.content),
      })),
      conflicts: found.map((conflict) => conflictAnswer(conflict, nameOf)),
    };
    const lines = [
      confirmed ? `Known already: confirmed ${data.uri}.` : `Saved as ${data.uri}.`,
      ...data.similar.map(
        ({ id, content: other }) =>
          `Nearly the same is said by ${id}; if this corrects it, say so with \`supersedes\`:\n${quoted(other)}`,
      ),
      ...data.conflicts.map(conflictText),
    ];
    return { data, text: lines.join('\n') };
  },
});
