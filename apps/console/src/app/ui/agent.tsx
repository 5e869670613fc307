import type { ReactNode } from 'react';
import { hueOf, nameOf, useAgents } from '../data/agents.js';
import { ago, exactly } from './moments.js';
import { useNow } from './use-now.js';

/** Who did something, by name; their whole key on hover. */
export function Agent({ id }: { readonly id: string }): ReactNode {
  const agents = useAgents();
  const kind = agents.get(id)?.kind === 'human' ? ' (a person)' : '';
  return (
    <span className="agent" title={`${nameOf(agents, id)}${kind} · key ${id.slice(0, 16)}…`}>
      <span className={`dot hue-${hueOf(agents, id)}`} />
      {nameOf(agents, id)}
    </span>
  );
}

export function Age({ at }: { readonly at: string | number }): ReactNode {
  const now = useNow();
  const ms = typeof at === 'number' ? at : Date.parse(at);
  return (
    <time dateTime={new Date(ms).toISOString()} title={exactly(ms)}>
      {ago(ms, now)}
    </time>
  );
}
