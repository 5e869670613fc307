import * as v from 'valibot';
import { estimateTokens } from '../answer-text.js';
import { mcpLimits } from '../mcp-limits.js';
import { agentNames, missing, parseRecordName } from '../record-name.js';
import { memoryNamespace, texts } from '../schemas.js';
import { defineTool } from '../tool.js';
import { EVIDENCE, memoryAnswer, memorySchema, memoryText } from './memory-answer.js';

export const getMemory = defineTool({
  name: 'get_memory',
  title: 'Get memory items',
  description:
    'Gives memory items whole, by their ids or addresses, as recall and context cite them.',
  hints: { readOnly: true, destructive: false, idempotent: true },
  input: v.strictObject({
    ids: v.pipe(texts('Ids or addresses of items'), v.minLength(1)),
    namespace: memoryNamespace,
  }),
  output: v.object({
    items: v.array(memorySchema),
    missing: v.pipe(
      v.array(v.string()),
      v.description('Ids under which nothing is held here, forgotten ones among them'),
    ),
  }),
  run: async ({ ids, namespace }, session) => {
    const mesh = await session.acting();
    const nameOf = await agentNames(mesh);
    const names = ids.map((id) => parseRecordName(id, namespace ?? mesh.memory.namespace));
    const found = await Promise.all(
      names.map((name) => mesh.memory.in(name.namespace).get(name.id)),
    );
    const absent = names.filter((_, i) => found[i] === undefined);
    if (absent.length === names.length) throw missing('memory item', names[0] as (typeof names)[0]);
    // Four characters to a token, and the answer holds each content twice: as text and as data.
    const chars = Math.floor((mcpLimits.answerTokens * 4) / ids.length);
    const items = found.flatMap((item) =>
      item === undefined ? [] : [memoryAnswer(item, nameOf, chars)],
    );
    const now = session.runtime.now();
    const lines = items.map((item) =>
      memoryText(item, now, item.truncated ? [`cut at ${chars} characters`] : []),
    );
    if (absent.length > 0) lines.push(`Not found: ${absent.map(({ id }) => id).join(', ')}.`);
    const text = [EVIDENCE, ...lines].join('\n\n');
    session.runtime.log('debug', 'get_memory', { tokens: estimateTokens(text) });
    return { data: { items, missing: absent.map(({ id }) => id) }, text };
  },
});
