import type { Conversation, ConversationEvent, EventQuery, ListQuery } from '@mnemesh/core';
import type { Answer } from './answer.js';
import type { QuestionKind } from './live-question.js';
import { type InNamespace, placed } from './placed.js';
import { useQuestion } from './use-question.js';

const conversations: QuestionKind<ListQuery & InNamespace, readonly Conversation[]> = {
  name: 'conversations',
  ask: (mesh, { namespace, ...query }) => placed(mesh.conversations, namespace).list(query),
  watch: (mesh, { namespace }, changed) => placed(mesh.conversations, namespace).watch(changed),
};

interface EventsQuery extends Pick<EventQuery, 'limit' | 'last'>, InNamespace {
  readonly conversation: Conversation['id'];
}

const events: QuestionKind<EventsQuery, readonly ConversationEvent[]> = {
  name: 'events',
  ask: (mesh, { namespace, conversation, ...query }) =>
    placed(mesh.conversations, namespace).events(conversation, query),
  watch: (mesh, { namespace, conversation }, changed) =>
    placed(mesh.conversations, namespace).watchEvents((changes) => {
      const isOurs = ({ record }: (typeof changes)[number]): boolean =>
        record === undefined || record.conversation === conversation;
      if (changes.some(isOurs)) changed();
    }),
};

/** Conversations, newest first, as they are now and whenever one of the namespace changes. */
export function useConversations(
  query: ListQuery & InNamespace = {},
): Answer<readonly Conversation[]> {
  return useQuestion(conversations, query);
}

/** What happened in a conversation, in order. Nothing is asked while there is no conversation. */
export function useEvents(
  conversation: Conversation['id'] | undefined,
  query: Pick<EventQuery, 'limit' | 'last'> & InNamespace = {},
): Answer<readonly ConversationEvent[]> {
  return useQuestion(events, conversation === undefined ? undefined : { ...query, conversation });
}
