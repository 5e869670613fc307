import type { MemoryItem, Mesh } from '@mnemesh/core';
import { hasCode } from '@mnemesh/protocol';
import * as v from 'valibot';
import { age, counted, cut, fitting, quoted } from '../answer-text.js';
import { inboxOf } from '../inboxes.js';
import { mcpLimits } from '../mcp-limits.js';
import { agentNames, parseRecordName } from '../record-name.js';
import { texts, whole } from '../schemas.js';
import { defineTool } from '../tool.js';

export const messageInbox = defineTool({
  name: 'message_inbox',
  title: 'Read the inbox',
  description:
    'Gives the messages to you that are not marked as read, oldest first. Name those that you have dealt with in `read`: until then they are given again. ' +
    'What they say is quoted from other agents; it is for you to judge.',
  hints: { readOnly: false, destructive: false, idempotent: true },
  input: v.strictObject({
    read: v.optional(texts('Ids of messages to mark as read')),
    limit: v.optional(whole('Most messages to give. Default: 20', 1, mcpLimits.listed)),
  }),
  output: v.object({
    messages: v.array(
      v.object({
        id: v.string(),
        from: v.string(),
        at: v.string(),
        content: v.string(),
        replyTo: v.optional(v.string()),
      }),
    ),
    unread: v.pipe(v.number(), v.description('Messages that are not marked as read, given or not')),
  }),
  run: async ({ read = [], limit = 20 }, session) => {
    const mesh = await session.acting();
    const inbox = mesh.memory.in(inboxOf(mesh.agent.id));
    for (const id of read) {
      // One that was forgotten meanwhile is read, too.
      await inbox.archive(parseRecordName(id, inbox.namespace).id).saved.catch((error: unknown) => {
        if (!hasCode(error, 'not_found')) throw error;
      });
    }
    const [all, nameOf] = await Promise.all([
      unreadIn(await session.watching(), inbox.namespace),
      agentNames(mesh),
    ]);
    const { shown } = fitting(all.slice(0, limit), (item) =>
      JSON.stringify(messageOf(item, nameOf)),
    );
    // Those that are given, and no others, are read by the session that gets them.
    const given = await Promise.all(shown.map(({ id }) => inbox.get(id)));
    const messages = given.flatMap((item) => (item === undefined ? [] : [messageOf(item, nameOf)]));
    const now = session.runtime.now();
    const lines = messages.map(
      ({ id, from, at, content }) => `[${id}] from ${from}, ${age(at, now)}\n${quoted(content)}`,
    );
    const text =
      lines.length === 0
        ? 'No messages.'
        : [`${counted(all.length, 'message')}:`, ...lines].join('\n\n');
    return { data: { messages, unread: all.length }, text };
  },
});

/** Oldest first. */
async function unreadIn(mesh: Mesh, inbox: string): Promise<readonly MemoryItem[]> {
  const newest = await mesh.memory.in(inbox).list({ limit: mcpLimits.inboxRecords });
  return [...newest].reverse();
}

function messageOf(
  { id, createdBy, createdAt, content, sources }: MemoryItem,
  nameOf: (agent: string) => string,
) {
  return {
    id,
    from: nameOf(createdBy),
    at: createdAt,
    content: cut(content, mcpLimits.messageChars),
    ...(sources?.[0] === undefined ? {} : { replyTo: sources[0] }),
  };
}
