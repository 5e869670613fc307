import type { Conversation } from '@mnemesh/core';
import { useConversations } from '@mnemesh/react';
import { type ReactNode, useCallback } from 'react';
import { Link, Route, useLocation } from 'wouter';
import { Age, Agent } from '../ui/agent.js';
import { ChoiceList } from '../ui/choice-list.js';
import { EmptyState, Refused } from '../ui/empty-state.js';
import { useEscape } from '../ui/use-escape.js';
import { Replay } from './replay.js';
import { SessionList } from './session-list.js';

/** Conversations that are listed; older ones are found by recall. */
const LISTED = 1_000;

const keyOf = ({ id }: Conversation): string => id;
const row = (conversation: Conversation): ReactNode => <Row conversation={conversation} />;

export function ConversationsView(): ReactNode {
  const [location] = useLocation();
  const sessions = location === '/conversations/sessions';
  return (
    <>
      <header className="view-head">
        <h1>Conversations</h1>
        <nav className="tabs" aria-label="Parts of the conversations">
          <Link href="/conversations" aria-current={sessions ? undefined : 'page'}>
            Said
          </Link>
          <Link href="/conversations/sessions" aria-current={sessions ? 'page' : undefined}>
            Sessions
          </Link>
        </nav>
      </header>
      {sessions ? <SessionList /> : <Conversations />}
    </>
  );
}

function Conversations(): ReactNode {
  const [location, go] = useLocation();
  const { data, error } = useConversations({ limit: LISTED });
  const openId = /^\/conversations\/(.+)$/.exec(location)?.[1];
  const close = useCallback(() => go('/conversations'), [go]);
  useEscape(openId === undefined ? undefined : close);
  return (
    <div className={openId === undefined ? 'panes' : 'panes panes-open panes-read'}>
      <section className="pane-list" aria-label="Conversations">
        {error !== undefined && <Refused error={error} />}
        {data?.length === 0 && (
          <EmptyState icon="conversations" title="No conversation is kept yet">
            Agents add them as they talk, and{' '}
            <code>mnemesh import claude-code ~/.claude/projects</code> brings in what is on a disk.
          </EmptyState>
        )}
        {data !== undefined && data.length > 0 && (
          <ChoiceList
            label="Conversations, newest first"
            items={data}
            keyOf={keyOf}
            row={row}
            rowHeight={70}
            openKey={openId}
            onOpen={({ id }) => go(`/conversations/${id}`)}
          />
        )}
      </section>
      {openId !== undefined && (
        <section className="pane-detail" aria-label="Conversation">
          <Route path="/conversations/:id">
            {({ id }) => <Replay key={id} id={id} onClose={close} />}
          </Route>
        </section>
      )}
    </div>
  );
}

function Row({ conversation }: { readonly conversation: Conversation }): ReactNode {
  const { title, kind, participants, createdBy, createdAt } = conversation;
  return (
    <div className="row-item">
      <p className="row-text">{title}</p>
      <p className="row-about">
        {kind !== undefined && <span className="kind">{kind}</span>}
        {participants.length > 0 ? participants.join(', ') : <Agent id={createdBy} />}
        <Age at={createdAt} />
      </p>
    </div>
  );
}
