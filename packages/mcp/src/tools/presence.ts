import * as v from 'valibot';
import { age } from '../answer-text.js';
import { recentAgents } from '../recent-agents.js';
import { defineTool } from '../tool.js';

export const presence = defineTool({
  name: 'presence',
  title: 'Who is here',
  description:
    'Lists the agents and people that wrote a memory item or a task within the last hour, and what task they said they work on. ' +
    'It tells who was here lately, not who has a session open at this moment: whoever only reads is not seen.',
  hints: { readOnly: true, destructive: false, idempotent: true },
  input: v.strictObject({}),
  output: v.object({
    agents: v.array(
      v.object({
        id: v.string(),
        name: v.string(),
        kind: v.string(),
        lastWrote: v.string(),
        doing: v.optional(v.string()),
      }),
    ),
  }),
  run: async (_, session) => {
    const now = session.runtime.now();
    const agents = [...(await recentAgents(await session.watching(), now))];
    const lines = agents.map(
      ({ name, kind, lastWrote, doing }) =>
        `${name} (${kind}), wrote ${age(lastWrote, now)}${doing === undefined ? '' : `, works on: ${doing}`}`,
    );
    const text =
      lines.length === 0 ? 'Nobody wrote anything within the last hour.' : lines.join('\n');
    return { data: { agents }, text };
  },
});
