import type { FanOutSteps } from './fan-out-load.js';
import { mustConverge, type Scenario, shareOf } from './scenario.js';

const CLIENTS = 50;
const UPDATES = 20;
const DEADLINE_MS = 120_000;

export const fanOut: Scenario = {
  name: 's1',
  title: `S1 fan-out: ${CLIENTS} clients in one document, ${UPDATES} updates each`,
  subjects: [
    'floor',
    'floor-merge',
    'yws',
    'yws-leveldb',
    'hocuspocus',
    'hocuspocus-sqlite',
    'automerge',
    'mnemesh',
    'mnemesh-mesh',
  ],
  columns: [
    { name: 'ms', unit: 'ms', checkedAgainst: 'hocuspocus' },
    { name: 'server_cpu', unit: 's', checkedAgainst: 'hocuspocus' },
    { name: 'generator_cpu', unit: 's' },
    { name: 'peak_rss', unit: 'MB' },
    { name: 'clients', unit: '' },
  ],
  async measure(run) {
    const server = await run.startServer();
    const load = run.startLoad<FanOutSteps>();
    const clients = shareOf(run.subject, CLIENTS);
    await load.call('connect', clients);
    const before = server.usage;
    const work = { updates: UPDATES, deadlineMs: DEADLINE_MS };
    const { ms, inTime, generatorCpuSeconds } = await load.call('run', work);
    const after = server.usage;
    if (!inTime) throw new Error(`Not everywhere after ${DEADLINE_MS / 1000} seconds.`);
    mustConverge(await load.call('converged', UPDATES));
    return {
      ms,
      server_cpu: after.cpuSeconds - before.cpuSeconds,
      generator_cpu: generatorCpuSeconds,
      peak_rss: after.peakRssMb,
      clients,
    };
  },
};
