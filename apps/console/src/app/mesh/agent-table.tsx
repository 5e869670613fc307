import { usePresence } from '@mnemesh/react';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { nameOf, useAgents } from '../data/agents.js';
import { Age, Agent } from '../ui/agent.js';

/** Everybody who ever opened the mesh; those who are here come first. */
export function AgentTable(): ReactNode {
  const agents = useAgents();
  const { data: present = [] } = usePresence();
  const here = new Map(present.map((session) => [session.agent as string, session]));
  const ids = [...new Set([...here.keys(), ...agents.keys()])].sort((a, b) => {
    if (here.has(a) !== here.has(b)) return here.has(a) ? -1 : 1;
    return nameOf(agents, a) < nameOf(agents, b) ? -1 : 1;
  });
  return (
    <section className="panel" aria-label="Agents">
      <h2>Agents</h2>
      <table className="table">
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Kind</th>
            <th scope="col">Does</th>
            <th scope="col">Seen</th>
          </tr>
        </thead>
        <tbody>
          {ids.map((id) => {
            const session = here.get(id);
            return (
              <tr key={id} className={session === undefined ? 'away' : undefined}>
                <td>
                  <Agent id={id} />
                </td>
                <td>{(agents.get(id)?.kind ?? session?.kind) === 'human' ? 'person' : 'agent'}</td>
                <td>
                  {session?.status}
                  {session?.task !== undefined && (
                    <>
                      {' '}
                      <Link href={`/tasks/task/${session.task.id}`}>its task</Link>
                    </>
                  )}
                </td>
                <td>{session === undefined ? 'away' : <Age at={session.seenAt} />}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}
