import type { Client, ClientDocument } from '../clients/client.js';
import { makeRecords } from '../data/records.js';
import { type CountingProxy, startCountingProxy, type Traffic } from '../load/counting-proxy.js';
import { connected, type LoadWorld } from '../load/load-world.js';
import { until } from '../load/waiting.js';

/** Clients that sync at the same time while the scene is set; that is not what is measured. */
const CONNECTING = 20;
/** The first of the documents that change while the server is away. */
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
  /** Of each document, how many records everybody shall show. */
  let sizes: number[] = [];
  /** Connections that had been counted when the server was away. */
  let before = 0;
  /** By `performance.now()`: when the server was back. */
  let backAt = 0;
  const join = async (documents: number): Promise<void> => {
    const client = await world.client(proxy.url);
    const opened: ClientDocument[] = [];
    for (let n = 0; n < documents; n++) opened.push(await client.open(nameOf(n)));
    members.push({ client, documents: opened });
    await connected(client);
  };
  /** One document after the other: what is looked at last may long be there. */
  const everywhere = async (deadlineMs: number): Promise<boolean> => {
    const deadline = performance.now() + deadlineMs;
    for (const [n, size] of sizes.entries()) {
      const documents = members.map((member) => member.documents[n] as ClientDocument);
      const left = deadline - performance.now();
      if (!(await until(documents, (each) => each.size === size, left))) return false;
    }
    return true;
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
      sizes = Array.from({ length: documents }, () => 1);
      return everywhere(deadlineMs);
    },

    /** While the server is away, one client writes to so many documents. Every connection from now on is one of a return. */
    async change(count: number): Promise<void> {
      const [{ documents }] = members as [Member];
      before = proxy.connections.length;
      for (let n = 0; n < count; n++) {
        const at = (CHANGED + n) % documents.length;
        documents[at]?.addAll(makeRecords(`changed-${sizes[at]}`, 1));
        sizes[at] = (sizes[at] as number) + 1;
      }
    },

    /** Begins with the server's return: how long until everybody shows the changes. */
    async comeBack(deadlineMs: number) {
      // Who tries at the right moment is back before the bench has seen that the server listens.
      const [first] = proxy.connections.slice(before);
      backAt = Math.min(performance.now(), first?.openedAt ?? Number.POSITIVE_INFINITY);
      const complete = await everywhere(deadlineMs);
      return { ms: performance.now() - backAt, complete };
    },

    /** What the returns took so far. */
    async returned() {
      const connections = proxy.connections.slice(before);
      const opened = connections.map(({ openedAt }) => openedAt - backAt).sort((a, b) => a - b);
      return {
        openedMs: opened,
        bytes: connections.reduce((sum, { up, down }: Traffic) => sum + up + down, 0),
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
