import type { Conversation, ConversationEvent, Mesh } from '@mnemesh/core';
import { type RecordName, uriOf } from '../record-name.js';
import type { AnsweredItem } from './memory-answer.js';

/** What `recall` cites and whose text `get_memory` gives: a memory item, or what was said, in the form of one. */
export async function citedItem(
  mesh: Mesh,
  { namespace, id }: RecordName,
): Promise<AnsweredItem | undefined> {
  const item = await mesh.memory.in(namespace).get(id);
  if (item !== undefined) return item;
  const conversations = mesh.conversations.in(namespace);
  const event = await conversations.event(id);
  if (event !== undefined) return eventItem(event);
  const conversation = await conversations.get(id);
  return conversation && conversationItem(conversation);
}

/** It names its conversation as its source. */
function eventItem(event: ConversationEvent): AnsweredItem {
  const { speaker, text, caption, tool, args, result, at, namespace, conversation } = event;
  const parts = [
    ...(text === undefined ? [] : [text]),
    ...(caption === undefined ? [] : [`(shows: ${caption})`]),
    ...(tool === undefined ? [] : [`tool ${tool}`]),
    ...(args === undefined ? [] : [`arguments: ${JSON.stringify(args)}`]),
    ...(result === undefined ? [] : [`result: ${JSON.stringify(result)}`]),
  ];
  const said = parts.join('\n');
  return {
    ...event,
    content: speaker === undefined ? said : `${speaker}: ${said}`,
    createdAt: at ?? event.createdAt,
    tags: [],
    sources: [uriOf({ namespace, id: conversation })],
  };
}

function conversationItem({ title, participants, ...record }: Conversation): AnsweredItem {
  const among = participants.length === 0 ? '' : `, among ${participants.join(', ')}`;
  return { ...record, kind: 'conversation', content: `${title}${among}`, tags: [] };
}
