import { type ContextEntry, type ContextPack, estimateTokens } from '@mnemesh/core';
import * as v from 'valibot';
import { fitting } from '../answer-text.js';
import { mcpLimits } from '../mcp-limits.js';
import { maxTokens, texts } from '../schemas.js';
import { defineTool } from '../tool.js';

const entries = v.array(
  v.object({ id: v.string(), namespace: v.optional(v.string()), text: v.string() }),
);

export const context = defineTool({
  name: 'context',
  title: 'Context',
  description:
    'What to know when a session starts, within a budget: conflicts to settle, pinned items, open tasks, recent decisions, who else is here. Call it first.',
  hints: { readOnly: true, destructive: false, idempotent: true },
  input: v.strictObject({
    maxTokens: v.optional(maxTokens(mcpLimits.contextTokens)),
    namespaces: v.optional(texts('Only from these parts of the mesh. Default: all')),
  }),
  output: v.object({
    conflicts: entries,
    pinned: entries,
    tasks: entries,
    decisions: entries,
    online: v.pipe(entries, v.description('Other sessions that are open now')),
    tokens: v.number(),
    omitted: v.pipe(v.number(), v.description('Entries that did not fit')),
  }),
  run: async ({ maxTokens: budgetTokens = mcpLimits.contextTokens, namespaces }, session) => {
    const mesh = await session.acting();
    const pack = await mesh.context({
      budgetTokens,
      now: session.runtime.now(),
      ...(namespaces === undefined ? {} : { namespaces }),
    });
    const { sections, tokens, omitted, text } = pack;
    const { shown, left } = fittingSections(sections);
    return { data: { ...shown, tokens, omitted: omitted + left }, text };
  },
});

/** In the data an entry takes about twice what it takes in the text: of many short ones the last are in the text alone. */
function fittingSections({ conflicts, pinned, tasks, decisions, online }: ContextPack['sections']) {
  let tokens: number = mcpLimits.answerTokens;
  let left = 0;
  const fit = (section: readonly ContextEntry[]): ContextEntry[] => {
    const { shown, omitted } = fitting(section, (entry) => JSON.stringify(entry), tokens, 0);
    tokens -= shown.reduce((sum, entry) => sum + estimateTokens(JSON.stringify(entry)), 0);
    left += omitted;
    return shown.map((entry) => ({ ...entry }));
  };
  const shown = {
    conflicts: fit(conflicts),
    pinned: fit(pinned),
    tasks: fit(tasks),
    decisions: fit(decisions),
    online: fit(online),
  };
  return { shown, left };
}
