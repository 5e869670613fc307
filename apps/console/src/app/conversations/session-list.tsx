import type { SessionRecord } from '@mnemesh/core';
import { type QuestionKind, usePresence, useQuestion } from '@mnemesh/react';
import type { ReactNode } from 'react';
import { Age, Agent } from '../ui/agent.js';
import { EmptyState, Refused } from '../ui/empty-state.js';
import { lasting } from '../ui/moments.js';

/** Sessions that are listed, the latest. */
const LISTED = 200;

/** Sessions have no watch of their own: who comes and goes is told by presence, and what arrives by the status. */
const sessions: QuestionKind<null, readonly SessionRecord[]> = {
  name: 'console/sessions',
  ask: (mesh) => mesh.sessions.list({ limit: LISTED }),
  watch: (mesh, _, changed) => {
    const ends = [mesh.onStatus(changed), mesh.presence.watch(changed)];
    return () => {
      for (const end of ends) end();
    };
  },
};

/** Sessions that agents wrote down: when each began, under which persona, and whether it goes on. */
export function SessionList(): ReactNode {
  const { data, error } = useQuestion(sessions, null);
  const { data: present = [] } = usePresence();
  const here = new Set<string>(present.map(({ session }) => session));
  if (error !== undefined) return <Refused error={error} />;
  if (data === undefined) return null;
  if (data.length === 0) {
    return (
      <EmptyState icon="agent" title="No session was written down">
        A session that is begun with <code>mnemesh session begin</code>, or by an agent, is listed
        here with its persona and how long it took.
      </EmptyState>
    );
  }
  return (
    <div className="page">
      <section className="panel" aria-label="Sessions">
        <table className="table">
          <thead>
            <tr>
              <th scope="col">Agent</th>
              <th scope="col">Session</th>
              <th scope="col">Persona</th>
              <th scope="col">Began</th>
              <th scope="col">Took</th>
            </tr>
          </thead>
          <tbody>
            {data.map((one) => (
              <tr key={one.id}>
                <td>
                  <Agent id={one.agent} />
                </td>
                <td>{one.title ?? <code>{one.session.slice(0, 8)}</code>}</td>
                <td>{one.persona}</td>
                <td>
                  <Age at={one.startedAt} />
                </td>
                <td>{tookOf(one, here.has(one.session))}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </div>
  );
}

function tookOf({ startedAt, endedAt }: SessionRecord, isHere: boolean): string {
  if (endedAt !== undefined) return lasting(Date.parse(endedAt) - Date.parse(startedAt));
  return isHere ? 'goes on' : 'ended without a word';
}
