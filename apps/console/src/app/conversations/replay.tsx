import type { Conversation, ConversationEvent } from '@mnemesh/core';
import type { RecordId } from '@mnemesh/protocol';
import { type QuestionKind, useEvents, useQuestion } from '@mnemesh/react';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { useSearchParams } from 'wouter';
import { EmptyState, Refused } from '../ui/empty-state.js';
import { Icon } from '../ui/icon.js';
import { costText, tokensText } from '../usage/figures.js';
import { EventBlock } from './event-block.js';

/** Events that are read of one conversation, the last ones. */
const READ = 10_000;
/** Events in the page at once: what comes before the handle. Enough to scroll back through, and quick to draw. */
const DRAWN = 120;
/** Milliseconds that replay shows each event for. */
const STEP_MS = 700;

const conversationOf: QuestionKind<RecordId, Conversation | null> = {
  name: 'console/conversation',
  ask: async (mesh, id) => (await mesh.conversations.get(id)) ?? null,
  watch: (mesh, _, changed) => mesh.conversations.watch(changed),
};

interface ReplayProps {
  readonly id: string;
  readonly onClose: () => void;
}

/** A conversation, to be read as it went: the handle goes to any moment, and it plays on from there. */
export function Replay({ id, onClose }: ReplayProps): ReactNode {
  const [search] = useSearchParams();
  const { data: conversation, error } = useQuestion(conversationOf, id as RecordId);
  const { data: events } = useEvents(id as RecordId, { limit: READ, last: true });
  if (error !== undefined) return <Refused error={error} />;
  if (conversation === undefined || events === undefined) return null;
  if (conversation === null) {
    return (
      <EmptyState icon="conversations" title="This conversation is not here">
        It was forgotten, or has not arrived yet. It appears as soon as it does.
      </EmptyState>
    );
  }
  const asked = events.findIndex((event) => event.id === search.get('event'));
  return (
    <Player
      conversation={conversation}
      events={events}
      start={asked < 0 ? undefined : asked + 1}
      onClose={onClose}
    />
  );
}

interface PlayerProps extends Pick<ReplayProps, 'onClose'> {
  readonly conversation: Conversation;
  readonly events: readonly ConversationEvent[];
  readonly start: number | undefined;
}

function Player({ conversation, events, start, onClose }: PlayerProps): ReactNode {
  /** Undefined: the end, wherever it moves to. */
  const [chosen, setChosen] = useState(start);
  const [playing, setPlaying] = useState(false);
  const foot = useRef<HTMLDivElement>(null);
  const at = Math.min(chosen ?? events.length, events.length);
  useEffect(() => {
    if (!playing) return;
    if (at >= events.length) {
      setPlaying(false);
      return;
    }
    const next = at + 1 >= events.length ? undefined : at + 1;
    const timer = setTimeout(() => setChosen(next), STEP_MS);
    return () => clearTimeout(timer);
  }, [playing, at, events.length]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: whenever another event is the last one shown
  useEffect(() => {
    foot.current?.scrollIntoView({ block: 'nearest' });
  }, [at]);
  const play = (): void => {
    if (!playing && at >= events.length) setChosen(1);
    setPlaying(!playing);
  };
  const shown = events.slice(Math.max(0, at - DRAWN), at);
  const sum = sumOf(events.slice(0, at));
  return (
    <article className="detail replay">
      <header className="detail-head">
        <h2>{conversation.title}</h2>
        <button type="button" className="bare" aria-label="Close" onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>
      <div className="player">
        <button
          type="button"
          onClick={play}
          aria-label={playing ? 'Pause' : 'Play'}
          disabled={events.length === 0}
        >
          <Icon name={playing ? 'pause' : 'play'} />
        </button>
        <input
          type="range"
          min={0}
          max={events.length}
          value={at}
          onChange={(event) => {
            const to = Number(event.target.value);
            setPlaying(false);
            setChosen(to >= events.length ? undefined : to);
          }}
          aria-label="Event"
          aria-valuetext={`${at} of ${events.length}`}
        />
        <output className="player-at">
          {at} of {events.length}
        </output>
        <span className="quiet player-sum">
          {tokensText(sum.tokens)} tokens · {costText(sum.cost)}
        </span>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be scrolled by keys */}
      <section className="events" tabIndex={0} aria-label="Events">
        {at > DRAWN && <p className="quiet pad">{at - DRAWN} earlier events</p>}
        {shown.map((event, n) => (
          <EventBlock key={event.id} event={event} before={shown[n - 1]} />
        ))}
        {at === 0 && <p className="quiet pad">Nothing was said yet.</p>}
        <div ref={foot} />
      </section>
    </article>
  );
}

function sumOf(events: readonly ConversationEvent[]): { tokens: number; cost: number } {
  return events.reduce(
    ({ tokens, cost }, { tokensIn = 0, tokensOut = 0, cost: own = 0 }) => ({
      tokens: tokens + tokensIn + tokensOut,
      cost: cost + own,
    }),
    { tokens: 0, cost: 0 },
  );
}
