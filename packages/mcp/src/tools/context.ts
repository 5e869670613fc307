import type { ContextEntry } from '@mnemesh/core';
import * as v from 'valibot';
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
    omitted: v.number(),
  }),
  run: async ({ maxTokens: budgetTokens = mcpLimits.contextTokens, namespaces }, session) => {
    const mesh = await session.acting();
    const pack = await mesh.context({
      budgetTokens,
      now: session.runtime.now(),
      ...(namespaces === undefined ? {} : { namespaces }),
    });
    const { sections, tokens, omitted, text } = pack;
    const copies = (section: readonly ContextEntry[]) => section.map((entry) => ({ ...entry }));
    const data = {
      conflicts: copies(sections.conflicts),
      pinned: copies(sections.pinned),
      tasks: copies(sections.tasks),
      decisions: copies(sections.decisions),
      online: copies(sections.online),
      tokens,
      omitted,
    };
    return { data, text };
  },
});
