import { estimateTokens } from '@mnemesh/core';
import * as v from 'valibot';
import { counted, fitting } from '../answer-text.js';
import { conflictSchema, conflictText } from '../conflict-answer.js';
import { mcpLimits } from '../mcp-limits.js';
import { agentNames, missing, parseRecordName } from '../record-name.js';
import { memoryNamespace, texts } from '../schemas.js';
import { tellConflicts } from '../told-conflicts.js';
import { defineTool } from '../tool.js';
import type { ToolSession } from '../tool-session.js';
import { citedItem } from './cited-item.js';
import {
  type AnsweredItem,
  EVIDENCE,
  memoryAnswer,
  memorySchema,
  memoryText,
} from './memory-answer.js';

/** Tokens of an answer that conflicts may take. */
const CONFLICT_TOKENS = mcpLimits.answerTokens / 4;

export const getMemory = defineTool({
  name: 'get_memory',
  title: 'Get memory items',
  description:
    'Gives memory items, and what was said in conversations, whole, by their ids or addresses, as recall and context cite them: with what took their place, what they took the place of, and what contradicts them.',
  hints: { readOnly: true, destructive: false, idempotent: true },
  input: v.strictObject({
    ids: v.pipe(texts('Ids or addresses of items'), v.minLength(1)),
    namespace: memoryNamespace,
  }),
  output: v.object({
    items: v.array(
      v.object({
        ...memorySchema.entries,
        supersededBy: v.pipe(
          v.array(v.string()),
          v.description('Items that took its place: read those instead'),
        ),
        conflicts: v.array(conflictSchema),
        moreConflicts: v.pipe(
          v.optional(v.number()),
          v.description('Conflicts that did not fit into the answer'),
        ),
      }),
    ),
    missing: v.pipe(
      v.array(v.string()),
      v.description('Ids under which nothing is held here, forgotten ones among them'),
    ),
  }),
  run: async ({ ids, namespace }, session) => {
    const mesh = await session.acting();
    const names = ids.map((id) => parseRecordName(id, namespace ?? mesh.memory.namespace));
    const [nameOf, found] = await Promise.all([
      agentNames(mesh),
      Promise.all(names.map((name) => citedItem(mesh, name))),
    ]);
    const absent = names.filter((_, i) => found[i] === undefined);
    const [first] = absent;
    if (first !== undefined && absent.length === names.length)
      throw missing('memory item or event', first);
    const items = await told(
      found.flatMap((item) => (item === undefined ? [] : [item])),
      session,
      nameOf,
    );
    const now = session.runtime.now();
    const parts = items.map((item) => {
      const { truncated, supersededBy, conflicts, moreConflicts = 0 } = item;
      const marks = [
        ...(truncated ? [`cut at ${item.content.length} characters`] : []),
        ...(supersededBy.length > 0 ? [`replaced by ${supersededBy.join(', ')}`] : []),
        ...(moreConflicts > 0
          ? [`in ${counted(moreConflicts, 'conflict')} that did not fit: get it alone`]
          : []),
      ];
      return [memoryText(item, now, marks), ...conflicts.map(conflictText)].join('\n');
    });
    if (absent.length > 0) parts.push(`Not found: ${absent.map(({ id }) => id).join(', ')}.`);
    return {
      data: { items, missing: absent.map(({ id }) => id) },
      text: [EVIDENCE, ...parts].join('\n\n'),
    };
  },
});

/** Each with its share of an answer; what one leaves of it, the next ones have. */
async function told(
  items: readonly AnsweredItem[],
  session: ToolSession,
  nameOf: (agent: string) => string,
) {
  const watching = await session.watching();
  const answers = [];
  let conflictTokens = CONFLICT_TOKENS;
  let left = mcpLimits.answerTokens - CONFLICT_TOKENS;
  for (const [i, item] of items.entries()) {
    const { id, namespace } = item;
    const tokens = Math.floor(left / (items.length - i));
    // Only the ids of what took its place are told: so it is looked up where nobody is shown it.
    const lineage = await watching.memory.in(namespace).lineage(id);
    const successors = (lineage?.supersededBy ?? []).map((one) => one.id);
    const fits = fitting(successors, String, tokens / 8);
    const supersededBy = [...fits.shown];
    const query = { namespaces: [namespace], record: id };
    const { conflicts, omitted, ...taken } = await tellConflicts(
      session,
      query,
      nameOf,
      conflictTokens,
    );
    conflictTokens -= taken.tokens;
    const room = { tokens: tokens - estimateTokens(supersededBy.join()) };
    const given = memoryAnswer(item, nameOf, room);
    const leftOut = (given.omitted ?? 0) + fits.omitted;
    const answer = {
      ...given,
      ...(leftOut === 0 ? {} : { omitted: leftOut }),
      supersededBy,
      conflicts,
      ...(omitted === 0 ? {} : { moreConflicts: omitted }),
    };
    left -= estimateTokens(JSON.stringify({ ...answer, conflicts: [] }));
    answers.push(answer);
  }
  return answers;
}
