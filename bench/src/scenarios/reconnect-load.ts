import type { Client, ClientDocument } from '../clients/client.js';
import { makeRecords } from '../data/records.js';
import { type CountingProxy, startCountingProxy, type Traffic } from '../load/counting-proxy.js';
import { connected, type LoadWorld } from '../load/load-world.js';
import { until } from '../load/waiting.js';

/** Clients that sync at the same time while the scene is set; that is not what is measured. */
const CONNECTING = 20;
/** The document that changes while the server is away. */
const CHANGED = 7;

const nameOf = (document: number): string => `reconnect-${document}`;

interface Member {
  readonly client: Client;
  readonly documents: readonly ClientDocument[];
}

export interface Crowd {
  readonly clients: number;
  readonly documents: number;
  readonly deadlineMs: number;
}

export function reconnectSteps(world: LoadWorld) {
  const members: Member[] = [];
  let proxy: CountingProxy;
  const join = async (documents: number): Promise<void> => {
    const client = await world.client(proxy.url);
    const opened: ClientDocument[] = [];
    for (let n = 0; n < documents; n++) opened.push(await client.open(nameOf(n)));
    members.push({ client, documents: opened });
    await connected(client);
  };
  const everywhere = (document: number, size: number, deadlineMs: number): Promise<boolean> => {
    const documents = members.map((member) => member.documents[document] as ClientDocument);
    return until(documents, (each) => each.size === size, deadlineMs);
  };
  return {
    /** Everybody holds every document, with one record each. */
    async prepare({ clients, documents, deadlineMs }: Crowd): Promise<boolean> {
      proxy = await startCountingProxy(world.url);
      await join(documents);
      for (const [n, document] of (members[0] as Member).documents.entries())
        document.addAll(makeRecords(nameOf(n), 1));
      while (members.length < clients) {
        const joining = Math.min(CONNECTING, clients - members.length);
        await Promise.all(Array.from({ length: joining }, () => join(documents)));
      }
      for (let n = 0; n < documents; n++) if (!(await everywhere(n, 1, deadlineMs))) return false;
      return true;
    },

    /** While the server is away, one client writes to one document. */
    async change(): Promise<void> {
      const [{ documents }] = members as [Member];
      documents[CHANGED]?.addAll(makeRecords('changed', 1));
    },

    /** Begins with the server's return: how long until everybody shows the change, and what it took. */
    async comeBack(deadlineMs: number) {
      const before = proxy.connections.length;
      const start = performance.now();
      const complete = await everywhere(CHANGED, 2, deadlineMs);
      const ms = performance.now() - start;
      const returned = proxy.connections.slice(before);
      const opened = returned.map(({ openedAt }) => openedAt - start).sort((a, b) => a - b);
      return {
        ms,
        complete,
        openedMs: opened,
        bytes: returned.reduce((sum, { up, down }: Traffic) => sum + up + down, 0),
        mostAtOnce: mostWithin(opened, 100),
      };
    },
  };
}

export type ReconnectSteps = ReturnType<typeof reconnectSteps>;

/** The greatest number of moments in any window of so many milliseconds. @param moments ascending */
function mostWithin(moments: readonly number[], windowMs: number): number {
  let most = 0;
  let from = 0;
  for (const [to, moment] of moments.entries()) {
    while ((moments[from] as number) < moment - windowMs) from++;
    most = Math.max(most, to - from + 1);
  }
  return most;
}
