import * as v from 'valibot';
import { conflictAnswer, conflictSchema, conflictText } from '../conflict-answer.js';
import { mcpLimits } from '../mcp-limits.js';
import { agentNames, missing, parseRecordName } from '../record-name.js';
import { memoryNamespace, texts } from '../schemas.js';
import { defineTool } from '../tool.js';
import { EVIDENCE, memoryAnswer, memorySchema, memoryText } from './memory-answer.js';

/** Characters to a token. */
const TOKEN_CHARS = 4;

export const getMemory = defineTool({
  name: 'get_memory',
  title: 'Get memory items',
  description:
    'Gives memory items whole, by their ids or addresses, as recall and context cite them: with what took their place, what they took the place of, and what contradicts them.',
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
      Promise.all(names.map((name) => mesh.memory.in(name.namespace).get(name.id))),
    ]);
    const absent = names.filter((_, i) => found[i] === undefined);
    const [first] = absent;
    if (first !== undefined && absent.length === names.length) throw missing('memory item', first);
    const chars = Math.floor((mcpLimits.answerTokens * TOKEN_CHARS) / ids.length);
    const items = await Promise.all(
      found
        .flatMap((item) => (item === undefined ? [] : [item]))
        .map(async (item) => {
          const { id, namespace: place } = item;
          const watching = await session.watching();
          const [lineage, conflicts] = await Promise.all([
            // Only the ids of what took its place are told: so it is looked up where nobody is shown it.
            watching.memory.in(place).lineage(id),
            mesh.conflicts.list({ namespaces: [place], record: id }),
          ]);
          return {
            ...memoryAnswer(item, nameOf, chars),
            supersededBy: (lineage?.supersededBy ?? []).map((one) => one.id),
            conflicts: conflicts.map((conflict) => conflictAnswer(conflict, nameOf)),
          };
        }),
    );
    const now = session.runtime.now();
    const parts = items.map((item) => {
      const marks = [
        ...(item.truncated ? [`cut at ${chars} characters`] : []),
        ...(item.supersededBy.length > 0 ? [`replaced by ${item.supersededBy.join(', ')}`] : []),
      ];
      return [memoryText(item, now, marks), ...item.conflicts.map(conflictText)].join('\n');
    });
    if (absent.length > 0) parts.push(`Not found: ${absent.map(({ id }) => id).join(', ')}.`);
    return {
      data: { items, missing: absent.map(({ id }) => id) },
      text: [EVIDENCE, ...parts].join('\n\n'),
    };
  },
});
