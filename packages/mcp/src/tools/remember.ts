import type { MemoryInput, Mesh } from '@mnemesh/core';
import { parseNamespace, type RecordId } from '@mnemesh/protocol';
import * as v from 'valibot';
import { counted, cut, quoted } from '../answer-text.js';
import { conflictSchema, conflictText } from '../conflict-answer.js';
import { given } from '../given.js';
import { mcpLimits } from '../mcp-limits.js';
import { agentNames, missing, parseNeighbour, uriOf } from '../record-name.js';
import { filled, flag, memoryKind, memoryNamespace, text, texts } from '../schemas.js';
import { tellConflicts } from '../told-conflicts.js';
import { defineTool } from '../tool.js';
import type { ToolSession } from '../tool-session.js';

/** Items that say nearly the same, which an answer names. */
const SIMILAR = 5;
/** Tokens of an answer that conflicts may take; the items that say nearly the same may take about a third. */
const CONFLICT_TOKENS = mcpLimits.answerTokens / 2;

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
    moreConflicts: v.pipe(v.optional(v.number()), v.description('Conflicts that did not fit')),
  }),
  run: async ({ content, namespace, supersedes, ...rest }, session) => {
    const mesh = await session.acting();
    const memory = namespace === undefined ? mesh.memory : mesh.memory.in(namespace);
    const replaced = supersedes?.map((id) => parseNeighbour(id, memory.namespace));
    await refuseUnknown(replaced ?? [], memory, session);
    const write = memory.create({
      content,
      ...given<Omit<MemoryInput, 'content'>>({
        ...rest,
        supersedes: replaced,
      }),
    });
    const item = await write;
    const [confirmed, similar] = await Promise.all([write.confirmed, write.similar]);
    // Only what has a topic, or takes another's place, can contradict.
    const contradicts = item.topic !== undefined || supersedes !== undefined;
    const query = { namespaces: [item.namespace], record: item.id };
    const told = contradicts
      ? await tellConflicts(session, query, await agentNames(mesh), CONFLICT_TOKENS)
      : { conflicts: [], omitted: 0 };
    const alike = similar.slice(0, SIMILAR);
    await Promise.all(alike.map(({ id }) => memory.get(id)));
    const data = {
      id: item.id,
      uri: uriOf(item),
      confirmed,
      similar: alike.map((one) => ({
        id: one.id,
        similarity: one.similarity,
        content: cut(one.content),
      })),
      conflicts: told.conflicts,
      ...(told.omitted === 0 ? {} : { moreConflicts: told.omitted }),
    };
    const lines = [
      confirmed ? `Known already: confirmed ${data.uri}.` : `Saved as ${data.uri}.`,
      ...data.similar.map(
        ({ id, content: other }) =>
          `Nearly the same is said by ${id}; if this corrects it, say so with \`supersedes\`:\n${quoted(other)}`,
      ),
      ...data.conflicts.map(conflictText),
      ...(told.omitted === 0
        ? []
        : [`It is in ${counted(told.omitted, 'more conflict')}: see them with get_memory.`]),
    ];
    return { data, text: lines.join('\n') };
  },
});

/** An item that is not here is not taken the place of: a mistyped id would leave the outdated item standing. */
async function refuseUnknown(
  ids: readonly RecordId[],
  { namespace }: Pick<Mesh['memory'], 'namespace'>,
  session: ToolSession,
): Promise<void> {
  const memory = (await session.watching()).memory.in(namespace);
  for (const id of ids) {
    if ((await memory.get(id)) !== undefined) continue;
    if ((await memory.forgotten(id)) !== undefined) continue;
    throw missing('item', { namespace: parseNamespace(namespace), id });
  }
}
