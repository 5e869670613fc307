import type { LoadProcess } from '../load/load-process.js';
import { CutOffWatch } from '../measure/connections.js';
import type { ServerProcess } from '../subjects/server-process.js';
import type { SubjectName } from '../subjects/subject.js';
import { type Measured, type Scenario, shareOf } from './scenario.js';
import type { Beating, SlowReaderSteps } from './slow-reader-load.js';

const CLIENTS = 50;
/** 24 MB: more than any limit of ours and the system's buffers together let wait. */
const BEATING: Omit<Beating, 'run'> = { values: 400, everyMs: 50, bytes: 60_000 };
/** The same bytes in larger values: each is saved to disk by all fifty replicas of one process. */
const SIGNED: Omit<Beating, 'run'> = { values: 40, everyMs: 2_000, bytes: 600_000 };
const BEATINGS: Partial<Record<SubjectName, Omit<Beating, 'run'>>> = { 'mnemesh-mesh': SIGNED };
/** Milliseconds in which the slow client must have caught up, where the others are measured without one afterwards. */
const CATCH_UP_MS = 60_000;

export const slowReader: Scenario = {
  name: 's10',
  title: `S10 one of ${CLIENTS} clients stops reading while 24 MB are sent to each`,
  subjects: ['yws', 'hocuspocus', 'mnemesh', 'mnemesh-mesh'],
  columns: [
    { name: 'p99_without', unit: 'ms' },
    { name: 'p99_with', unit: 'ms' },
    { name: 'p99_ratio', unit: '', checkedAgainst: 'itself' },
    { name: 'p50_without', unit: 'ms' },
    { name: 'p50_with', unit: 'ms' },
    { name: 'cut_off', unit: 's' },
    { name: 'extra_peak_rss', unit: 'MB' },
    { name: 'extra_live', unit: 'MB' },
    { name: 'missing', unit: '', checkedAgainst: 'itself', tolerance: 0 },
  ],
  async measure(run) {
    const server = await run.startServer();
    const load = run.startLoad<SlowReaderSteps>();
    const beating = BEATINGS[run.subject.name] ?? BEATING;
    await load.call('connect', shareOf(run.subject, CLIENTS));
    // The first values warm both ends up.
    await load.call('beat', { ...beating, run: 'warm', values: Math.ceil(beating.values / 10) });
    const without = () => load.call('beat', { ...beating, run: 'without' });
    const beside = () => besideSlowReader(server, load, beating);
    // Whichever comes second has the warmer process, so they take turns.
    if (run.repetition % 2 === 1) return figures(await without(), await beside());
    const slow = await beside();
    if (!(await load.call('readAgain', CATCH_UP_MS)))
      throw new Error(`The slow client had not caught up after ${CATCH_UP_MS / 1000} seconds.`);
    return figures(await without(), slow);
  },
};

type Beaten = Awaited<ReturnType<SlowReaderSteps['beat']>>;
type Beside = Awaited<ReturnType<typeof besideSlowReader>>;

async function besideSlowReader(
  server: ServerProcess,
  load: LoadProcess<SlowReaderSteps>,
  beating: Omit<Beating, 'run'>,
) {
  const before = server.usage;
  const liveBefore = await server.memory();
  const watch = new CutOffWatch(server.port);
  await load.call('stopReading');
  const shown = await load.call('beat', { ...beating, run: 'beside' });
  const cutOffMs = watch.end();
  const after = server.usage;
  const liveAfter = await server.memory();
  return {
    shown,
    cutOffMs,
    extraPeakRssMb: after.peakRssMb - before.peakRssMb,
    extraLiveMb: liveAfter.liveMb - liveBefore.liveMb,
  };
}

function figures(
  without: Beaten,
  { shown, cutOffMs, extraPeakRssMb, extraLiveMb }: Beside,
): Measured {
  return {
    p99_without: without.p99,
    p99_with: shown.p99,
    p99_ratio: shown.p99 / without.p99,
    p50_without: without.p50,
    p50_with: shown.p50,
    ...(cutOffMs === undefined ? {} : { cut_off: cutOffMs / 1000 }),
    extra_peak_rss: extraPeakRssMb,
    extra_live: extraLiveMb,
    missing: without.missing + shown.missing,
  };
}
