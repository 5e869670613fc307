import type { ClientDocument } from '../clients/client.js';
import { makeRecords } from '../data/records.js';
import type { LoadWorld } from '../load/load-world.js';
import { allHold, nextTurn, until } from '../load/waiting.js';

export interface FanOutWork {
  readonly updates: number;
  readonly deadlineMs: number;
}

export function fanOutSteps(world: LoadWorld) {
  const documents: ClientDocument[] = [];
  return {
    async connect(clients: number): Promise<void> {
      for (let n = 0; n < clients; n++) documents.push((await world.online('fan-out')).document);
    },

    /** In each turn every client writes one record, until each has written all of its own. */
    async run({ updates, deadlineMs }: FanOutWork) {
      const own = documents.map((_, n) => makeRecords(`c${n}`, updates));
      const all = own.flat();
      const cpu = process.cpuUsage();
      const start = performance.now();
      const complete = until(documents, ({ size }) => size === all.length, deadlineMs);
      for (let n = 0; n < updates; n++) {
        for (const [client, records] of own.entries())
          documents[client]?.add(records[n] as (typeof all)[number]);
        await nextTurn();
      }
      const inTime = await complete;
      const ms = performance.now() - start;
      const { user, system } = process.cpuUsage(cpu);
      return { ms, inTime, generatorCpuSeconds: (user + system) / 1e6 };
    },

    async converged(updates: number): Promise<boolean> {
      return allHold(
        documents,
        documents.flatMap((_, n) => makeRecords(`c${n}`, updates)),
      );
    },
  };
}

export type FanOutSteps = ReturnType<typeof fanOutSteps>;
