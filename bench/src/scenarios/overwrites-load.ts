import { startCountingProxy } from '../load/counting-proxy.js';
import type { LoadWorld, OpenDocument } from '../load/load-world.js';
import { nextTurn, until } from '../load/waiting.js';

const ROOM = 'overwrites';
const KEY = 'beat';
/** Overwrites in one turn of the writer. */
const BATCH = 100;

export interface Beats {
  readonly count: number;
  readonly deadlineMs: number;
}

const beat = (n: number): string => `beat ${n}`;

export function overwritesSteps(world: LoadWorld) {
  let writer: OpenDocument;
  let watcher: OpenDocument;
  const waitFor = async ({ count, deadlineMs }: Beats, url?: string) => {
    const start = performance.now();
    const { client, document } = await world.online(ROOM, url);
    const inTime = await until([document], () => document.get(KEY) === beat(count), deadlineMs);
    const ms = performance.now() - start;
    const seen = (await document.contents()).get(KEY);
    await client.close();
    return { ms, inTime, lost: count - Number(seen?.split(' ')[1] ?? 0) };
  };
  return {
    async connect(): Promise<void> {
      writer = await world.online(ROOM);
      watcher = await world.online(ROOM);
    },

    /** Beats as fast as the client takes them, until another client shows the last. */
    async run({ count, deadlineMs }: Beats) {
      const start = performance.now();
      const seen = until(
        [watcher.document],
        (document) => document.get(KEY) === beat(count),
        deadlineMs,
      );
      for (let n = 1; n <= count; n++) {
        writer.document.set(KEY, beat(n));
        if (n % BATCH === 0) await nextTurn();
      }
      const inTime = await seen;
      return { ms: performance.now() - start, inTime };
    },

    read: (beats: Beats) => waitFor(beats),

    async receivedBytes(beats: Beats): Promise<number> {
      const proxy = await startCountingProxy(world.url);
      await waitFor(beats, proxy.url);
      return proxy.connections.reduce((sum, { down }) => sum + down, 0);
    },
  };
}

export type OverwritesSteps = ReturnType<typeof overwritesSteps>;
