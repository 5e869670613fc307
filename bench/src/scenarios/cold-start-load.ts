import { makeRecords } from '../data/records.js';
import { startCountingProxy } from '../load/counting-proxy.js';
import type { LoadWorld } from '../load/load-world.js';
import { allHold, nextTurn, until } from '../load/waiting.js';

const ROOM = 'cold';
/** Records of one change while the document is filled: a bulk import, not what is measured. */
const BATCH = 100;

export interface ColdRead {
  readonly count: number;
  readonly deadlineMs: number;
}

export function coldStartSteps(world: LoadWorld) {
  const read = async ({ count, deadlineMs }: ColdRead, url?: string) => {
    const client = await world.client(url);
    const document = await client.open(ROOM);
    const start = performance.now();
    const complete = until([document], ({ size }) => size === count, deadlineMs);
    await client.connect();
    const syncedMs = performance.now() - start;
    const inTime = await complete;
    const ms = performance.now() - start;
    const right = inTime && (await allHold([document], makeRecords('cold', count)));
    await client.close();
    return { ms, syncedMs, inTime, right };
  };
  return {
    /** Writes everything, and resolves when somebody else has it. */
    async fill({ count, deadlineMs }: ColdRead): Promise<boolean> {
      const { document } = await world.online(ROOM);
      const records = makeRecords('cold', count);
      for (let at = 0; at < count; at += BATCH) {
        document.addAll(records.slice(at, at + BATCH));
        await nextTurn();
      }
      const { document: other } = await world.online(ROOM);
      return until([other], ({ size }) => size === count, deadlineMs);
    },

    read: (order: ColdRead) => read(order),

    /** The same through a proxy, for the bytes alone: it costs time. */
    async receivedBytes(order: ColdRead): Promise<number> {
      const proxy = await startCountingProxy(world.url);
      await read(order, proxy.url);
      return proxy.connections.reduce((sum, { down }) => sum + down, 0);
    },
  };
}

export type ColdStartSteps = ReturnType<typeof coldStartSteps>;
