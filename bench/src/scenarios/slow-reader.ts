import type { SubjectName } from '../subjects/subject.js';
import { type Scenario, shareOf } from './scenario.js';
import type { Beating, SlowReaderSteps } from './slow-reader-load.js';

const CLIENTS = 50;
/** 24 MB: more than any limit of ours and the system's buffers together let wait. */
const BEATING: Omit<Beating, 'run'> = { values: 400, everyMs: 50, bytes: 60_000 };
/** The same bytes in larger values: each is saved to disk by all fifty replicas of one process. */
const SIGNED: Omit<Beating, 'run'> = { values: 40, everyMs: 2_000, bytes: 600_000 };
const BEATINGS: Partial<Record<SubjectName, Omit<Beating, 'run'>>> = { 'mnemesh-mesh': SIGNED };

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
    const without = await load.call('beat', { ...beating, run: 'without' });
    const before = server.usage;
    const liveBefore = await server.memory();
    await load.call('stopReading');
    const beside = await load.call('beat', { ...beating, run: 'beside' });
    const after = server.usage;
    const liveAfter = await server.memory();
    return {
      p99_without: without.p99,
      p99_with: beside.p99,
      p99_ratio: beside.p99 / without.p99,
      p50_without: without.p50,
      p50_with: beside.p50,
      extra_peak_rss: after.peakRssMb - before.peakRssMb,
      extra_live: liveAfter.liveMb - liveBefore.liveMb,
      missing: without.missing + beside.missing,
    };
  },
};
