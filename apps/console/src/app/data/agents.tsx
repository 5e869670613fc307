import type { MeshAgent } from '@mnemesh/core';
import { useMesh } from '@mnemesh/react';
import { createContext, type ReactNode, useContext, useEffect, useState } from 'react';

/** Milliseconds between two looks at who has joined, while the mesh says that something changed. */
const LOOK_MS = 150;

const AgentsContext = createContext<ReadonlyMap<string, MeshAgent>>(new Map());

/** Gives what is below it the names of agents. */
export function AgentsProvider({ children }: { readonly children: ReactNode }): ReactNode {
  const mesh = useMesh();
  const [agents, setAgents] = useState<ReadonlyMap<string, MeshAgent>>(
    () => new Map([[mesh.agent.id, mesh.agent]]),
  );
  useEffect(() => {
    let ended = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = async (): Promise<void> => {
      const [written, present] = await Promise.all([
        mesh.agents().catch(() => []),
        mesh.presence.list().catch(() => []),
      ]);
      if (ended) return;
      // Who has just come is told of before the directory says so.
      const here = present.map(({ agent: id, name, kind }) => ({ id, name, kind }));
      const found = new Map([...here, mesh.agent, ...written].map((agent) => [agent.id, agent]));
      setAgents((known) =>
        found.size === known.size && [...found.keys()].every((id) => known.has(id)) ? known : found,
      );
    };
    const soon = (): void => {
      timer ??= setTimeout(() => {
        timer = undefined;
        void look();
      }, LOOK_MS);
    };
    void look();
    const ends = [mesh.onStatus(soon), mesh.presence.watch(soon)];
    return () => {
      ended = true;
      clearTimeout(timer);
      for (const end of ends) end();
    };
  }, [mesh]);
  return <AgentsContext value={agents}>{children}</AgentsContext>;
}

/** Every agent that ever opened this mesh, by id. */
export function useAgents(): ReadonlyMap<string, MeshAgent> {
  return useContext(AgentsContext);
}

/** Its name, or the beginning of its key where the directory has not told yet. */
export function nameOf(agents: ReadonlyMap<string, MeshAgent>, id: string): string {
  return agents.get(id)?.name ?? id.slice(0, 8);
}

/** Hues that differ to most eyes. */
const HUES = 8;

/** As long as there are no more agents than hues, each has its own, on every page alike. */
export function hueOf(agents: ReadonlyMap<string, MeshAgent>, id: string): number {
  const rank = [...agents.keys()].filter((other) => other < id).length;
  return rank % HUES;
}
