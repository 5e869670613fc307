import type { ConversationEvent, Json } from '@mnemesh/core';
import { memo, type ReactNode } from 'react';
import { Agent } from '../ui/agent.js';
import { Icon } from '../ui/icon.js';
import { exactly } from '../ui/moments.js';
import { costText, tokensText } from '../usage/figures.js';

interface EventBlockProps {
  readonly event: ConversationEvent;
  readonly before: ConversationEvent | undefined;
}

/** One thing that happened. What a tool was given and gave back is folded away, with its first line in sight. */
export const EventBlock = memo(function EventBlock({ event, before }: EventBlockProps): ReactNode {
  const { kind, role, session } = event;
  const isNewSession = session !== undefined && session !== before?.session;
  return (
    <>
      {isNewSession && <h3 className="session-mark">Session {session}</h3>}
      <div className={`event event-${kind} event-role-${role ?? 'none'}`}>
        {kind === 'tool_call' || kind === 'tool_result' ? (
          <ToolEvent event={event} />
        ) : (
          <Said event={event} />
        )}
      </div>
    </>
  );
});

function Said({ event }: { readonly event: ConversationEvent }): ReactNode {
  return (
    <>
      <Head event={event} />
      {event.text !== undefined && <p className="prose">{event.text}</p>}
      {event.caption !== undefined && <p className="quiet">Shows: {event.caption}</p>}
    </>
  );
}

function Head({ event }: { readonly event: ConversationEvent }): ReactNode {
  const { speaker, createdBy, model, tokensIn, tokensOut, cost, at, createdAt, persona } = event;
  return (
    <p className="event-head">
      <strong>{speaker ?? <Agent id={createdBy} />}</strong>
      {persona !== undefined && <span className="quiet">as {persona}</span>}
      {model !== undefined && <span className="tag">{model}</span>}
      {(tokensIn !== undefined || tokensOut !== undefined) && (
        <span className="quiet">
          {tokensText(tokensIn ?? 0)} in, {tokensText(tokensOut ?? 0)} out
        </span>
      )}
      {cost !== undefined && <span className="quiet">{costText(cost)}</span>}
      <time className="quiet" dateTime={at ?? createdAt}>
        {exactly(at ?? createdAt)}
      </time>
    </p>
  );
}

function ToolEvent({ event }: { readonly event: ConversationEvent }): ReactNode {
  const { kind, tool = 'a tool', args, result, text } = event;
  const value = kind === 'tool_call' ? args : (result ?? args);
  return (
    <details className="tool">
      <summary>
        <Icon name={kind === 'tool_call' ? 'tool' : 'check'} />
        <span className="tool-name">{tool}</span>
        <span className="tool-gist">{text ?? gist(value)}</span>
      </summary>
      <Head event={event} />
      {value !== undefined && <ToolValue value={value} />}
    </details>
  );
}

/** Names and values of an object stand in lines; anything else as it is. */
function ToolValue({ value }: { readonly value: Json }): ReactNode {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return <pre className="tool-text">{plain(value)}</pre>;
  return (
    <dl className="tool-values">
      {Object.entries(value).map(([name, one]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            <pre className="tool-text">{plain(one)}</pre>
          </dd>
        </div>
      ))}
    </dl>
  );
}

function plain(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2);
}

/** The first line of what a tool was given or gave. */
export function gist(value: Json | undefined): string {
  if (value === undefined) return '';
  if (typeof value === 'string') return value.split('\n', 1)[0] as string;
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) return `${value.length} ${value.length === 1 ? 'entry' : 'entries'}`;
  return Object.entries(value)
    .map(([name, one]) => `${name}: ${typeof one === 'string' ? one : JSON.stringify(one)}`)
    .join(', ');
}
