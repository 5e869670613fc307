import * as v from 'valibot';
import { counted } from '../answer-text.js';
import { addressed, EVERYBODY, inboxOf } from '../inboxes.js';
import { parseRecordName } from '../record-name.js';
import { filled } from '../schemas.js';
import { defineTool } from '../tool.js';

export const messageSend = defineTool({
  name: 'message_send',
  title: 'Send a message',
  description:
    'Leaves a message for another agent, which finds it in its inbox, now or when it next comes online. Every member of the mesh can read it. ' +
    'For what others should know too, use remember; for work, task_create.',
  hints: { readOnly: false, destructive: false, idempotent: false },
  input: v.strictObject({
    to: filled(
      `Name or id of the agent; "${EVERYBODY}" for every other one that has written so far`,
    ),
    content: filled('What to tell it'),
    replyTo: v.optional(filled('Id or address of the message that this answers')),
  }),
  output: v.object({
    sent: v.array(v.object({ to: v.string(), id: v.string() })),
  }),
  run: async ({ to, content, replyTo }, session) => {
    const mesh = await session.acting();
    const sources =
      replyTo === undefined ? [] : [parseRecordName(replyTo, inboxOf(mesh.agent.id)).id];
    const agents = await addressed(mesh, to);
    const sent = await Promise.all(
      agents.map(async (agent) => {
        const message = await mesh.memory.in(inboxOf(agent)).create({
          content,
          tags: ['message'],
          ...(sources.length === 0 ? {} : { sources }),
        });
        return { to: agent, id: message.id };
      }),
    );
    return { data: { sent }, text: `Left for ${counted(sent.length, 'agent')}.` };
  },
});
