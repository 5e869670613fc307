import type { TaskEvent } from '@mnemesh/core';
import type { ReactNode } from 'react';
import { Age, Agent } from '../ui/agent.js';
import { stateNames } from './moves.js';

/** Entries that are shown; a task that saw more is read from the latest back. */
const SHOWN = 200;

/** Who did what, the latest first. */
export function TaskLog({ log }: { readonly log: readonly TaskEvent[] }): ReactNode {
  const latest = log
    .map((event, place) => ({ event, place }))
    .slice(-SHOWN)
    .reverse();
  return (
    <section>
      <h3>Log</h3>
      <ol className="log">
        {latest.map(({ event, place }) => (
          <li key={place} className={`log-entry log-${event.type}`}>
            <p>{saying(event)}</p>
            <span className="quiet">
              <Agent id={event.agent} /> · <Age at={event.at} />
              {'outOfTurn' in event && ' · written elsewhere, not knowing what came before'}
            </span>
          </li>
        ))}
      </ol>
      {log.length > SHOWN && (
        <p className="quiet">
          The latest {SHOWN} of {log.length} entries.
        </p>
      )}
    </section>
  );
}

function saying(event: TaskEvent): ReactNode {
  switch (event.type) {
    case 'created':
      return `Added, ${stateNames[event.to].toLowerCase()}`;
    case 'state':
      return because(`Now ${nameOf(event.to)}`, event.why);
    case 'claimed':
      return event.mode === 'advisory'
        ? 'Claimed (advisory: it may have been taken elsewhere, too)'
        : 'Claimed, as the relay granted';
    case 'released':
      return because('Released', event.why);
    case 'replanned':
      return because(`Changed ${event.fields.join(', ')}`, event.why);
    case 'comment':
      return <span className="comment">{event.text}</span>;
  }
}

function nameOf(state: keyof typeof stateNames | undefined): string {
  return state === undefined ? 'another state' : stateNames[state].toLowerCase();
}

function because(what: string, why: string | undefined): string {
  return why === undefined || why === '' ? what : `${what}: ${why}`;
}
