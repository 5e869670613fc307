import type { ClientDocument } from '../clients/client.js';
import { makeRecords } from '../data/records.js';
import type { LoadWorld } from '../load/load-world.js';

export interface PingPongWork {
  readonly trips: number;
  /** Milliseconds after which no further trip begins. */
  readonly atMostMs: number;
}

/** Milliseconds after which a trip counts as lost. */
const TRIP_DEADLINE_MS = 5_000;
const PAYLOADS = 64;

export function pingPongSteps(world: LoadWorld) {
  let near: ClientDocument;
  let far: ClientDocument;
  return {
    /** Two clients in one document; the far one answers whatever it sees. */
    async connect(): Promise<void> {
      near = (await world.online('ping-pong')).document;
      far = (await world.online('ping-pong')).document;
      let answered: string | undefined;
      far.onChange(() => {
        const ping = far.get('ping');
        if (ping === undefined || ping === answered) return;
        answered = ping;
        far.set('pong', ping);
      });
    },

    /** Trips one after another. @returns milliseconds of each */
    async run({ trips, atMostMs }: PingPongWork): Promise<readonly number[]> {
      const payloads = makeRecords('ping', PAYLOADS);
      const times: number[] = [];
      const start = performance.now();
      for (let n = 0; n < trips && performance.now() - start < atMostMs; n++) {
        const { text } = payloads[n % PAYLOADS] as (typeof payloads)[number];
        times.push(await trip(near, `${start}:${n} ${text}`));
      }
      return times;
    },
  };
}

export type PingPongSteps = ReturnType<typeof pingPongSteps>;

function trip(near: ClientDocument, ping: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(
      () => reject(new Error('A ping was never answered.')),
      TRIP_DEADLINE_MS,
    );
    const stop = near.onChange(() => {
      if (near.get('pong') !== ping) return;
      clearTimeout(late);
      stop();
      resolve(performance.now() - start);
    });
    const start = performance.now();
    near.set('ping', ping);
  });
}
