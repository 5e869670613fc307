import { setTimeout as sleep } from 'node:timers/promises';
import { makeRecords } from '../data/records.js';
import type { LoadWorld, OpenDocument } from '../load/load-world.js';
import { nextTurn, until } from '../load/waiting.js';
import { quantile, summarize } from '../measure/summary.js';

/** Milliseconds a protocol without acknowledgements is given after the last write. */
const WITHOUT_ACK_MS = 200;
const ROOM = 'killed';

export function killedServerSteps(world: LoadWorld) {
  let writer: OpenDocument;
  return {
    async connect(): Promise<void> {
      writer = await world.online(ROOM);
    },

    /**
     * Writes one record a turn, or each when the one before is saved, where a write can be followed.
     * Resolves at the acknowledgement of all, or a while after the last.
     */
    async write(count: number) {
      const { document } = writer;
      const records = makeRecords('acked', count);
      const start = performance.now();
      const acks: Promise<number>[] = [];
      const saves: number[] = [];
      for (const record of records) {
        const called = performance.now();
        const write = document.follow?.(record);
        if (write === undefined) {
          document.add(record);
          await nextTurn();
        } else {
          acks.push(since(called, write.acked));
          saves.push(await since(called, write.saved));
        }
      }
      const writeMs = performance.now() - start;
      const times = (await Promise.all(acks)).sort((a, b) => a - b);
      if (document.acked === undefined) await sleep(WITHOUT_ACK_MS);
      else await document.acked();
      return {
        writeMs,
        waitMs: performance.now() - start - writeMs,
        acks: document.acked !== undefined,
        followed:
          times.length === 0
            ? undefined
            : {
                savedP50: summarize(saves).median,
                ackP50: quantile(times, 0.5),
                ackP99: quantile(times, 0.99),
              },
      };
    },

    /** Of the records that were written, those that a fresh client finds. */
    async found({ count, deadlineMs }: { count: number; deadlineMs: number }): Promise<number> {
      const { document } = await world.online(ROOM);
      await until([document], ({ size }) => size >= count, deadlineMs);
      const contents = await document.contents();
      return makeRecords('acked', count).filter(({ id, text }) => contents.get(id) === text).length;
    },
  };
}

export type KilledServerSteps = ReturnType<typeof killedServerSteps>;

async function since(start: number, moment: Promise<unknown>): Promise<number> {
  await moment;
  return performance.now() - start;
}
