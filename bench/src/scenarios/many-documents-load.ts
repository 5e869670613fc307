import type { Client, ClientDocument } from '../clients/client.js';
import { makeRecords } from '../data/records.js';
import { connected, type LoadWorld } from '../load/load-world.js';
import { allHold, until } from '../load/waiting.js';

/** Records that each session brings to each document. */
const EACH = 2;

interface Session {
  readonly client: Client;
  readonly documents: readonly ClientDocument[];
}

export function manyDocumentsSteps(world: LoadWorld) {
  const sessions: Session[] = [];
  const recordsOf = (session: number, document: number) =>
    makeRecords(`s${session}d${document}`, EACH);
  return {
    /** Two sessions that never met, each with something of its own in every document. */
    async prepare(count: number): Promise<void> {
      for (const session of [0, 1]) {
        const client = await world.client();
        const documents: ClientDocument[] = [];
        for (let n = 0; n < count; n++) {
          const document = await client.open(`document-${n}`);
          document.addAll(recordsOf(session, n));
          documents.push(document);
        }
        sessions.push({ client, documents });
      }
      const all = sessions.flatMap(({ documents }) => documents);
      await until(all, ({ size }) => size === EACH, 60_000);
    },

    /** One after the other goes online; until both show everything. */
    async connect(deadlineMs: number) {
      const [first, second] = sessions as [Session, Session];
      const start = performance.now();
      await connected(first.client);
      const firstMs = performance.now() - start;
      const all = sessions.flatMap(({ documents }) => documents);
      const complete = until(all, ({ size }) => size === 2 * EACH, deadlineMs);
      await connected(second.client);
      const inTime = await complete;
      return {
        ms: performance.now() - start,
        firstMs,
        inTime,
        sockets: first.client.sockets + second.client.sockets,
      };
    },

    async converged(): Promise<boolean> {
      for (const { documents } of sessions) {
        for (const [n, document] of documents.entries()) {
          const wanted = [...recordsOf(0, n), ...recordsOf(1, n)];
          if (!(await allHold([document], wanted))) return false;
        }
      }
      return true;
    },
  };
}

export type ManyDocumentsSteps = ReturnType<typeof manyDocumentsSteps>;
