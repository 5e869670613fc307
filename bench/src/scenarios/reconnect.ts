import { setTimeout as sleep } from 'node:timers/promises';
import { quantile } from '../measure/summary.js';
import type { SubjectName } from '../subjects/subject.js';
import type { ReconnectSteps } from './reconnect-load.js';
import type { Scenario } from './scenario.js';

const CLIENTS = 500;
/** With 500 they were never in step within the time; the cause is not known. */
const FEWER: Partial<Record<SubjectName, number>> = { 'hocuspocus-sqlite': 100 };
const DOCUMENTS = 100;
const PREPARE_MS = 200_000;
const COME_BACK_MS = 120_000;
/** Milliseconds that the server stays away: clients have tried and failed by then. */
const AWAY_MS = 3_000;
/** Milliseconds after everybody is up to date in which late traffic is still counted. */
const SETTLE_MS = 3_000;

export const reconnect: Scenario = {
  name: 's8',
  title: `S8 ${CLIENTS} replicas with ${DOCUMENTS} documents each come back after a restart of the server; one document changed`,
  // A socket for each document would be 50,000 sockets.
  subjects: ['hocuspocus-sqlite', 'mnemesh-mesh'],
  columns: [
    { name: 'ms', unit: 'ms' },
    { name: 'server_cpu', unit: 's' },
    { name: 'server_cpu_each', unit: 'ms', checkedAgainst: 'hocuspocus-sqlite' },
    { name: 'bytes_each', unit: 'B', checkedAgainst: 'itself' },
    { name: 'clients', unit: '' },
    { name: 'connections', unit: '' },
    { name: 'first_back_ms', unit: 'ms' },
    { name: 'half_back_ms', unit: 'ms' },
    { name: 'last_back_ms', unit: 'ms' },
    { name: 'most_in_100_ms', unit: '' },
    { name: 'peak_rss', unit: 'MB' },
  ],
  async measure(run) {
    const first = await run.startServer();
    const load = run.startLoad<ReconnectSteps>();
    const clients = FEWER[run.subject.name] ?? CLIENTS;
    const crowd = { clients, documents: DOCUMENTS, deadlineMs: PREPARE_MS };
    if (!(await load.call('prepare', crowd))) throw new Error('The replicas never were in step.');
    await first.stop();
    await load.call('change');
    await sleep(AWAY_MS);
    const server = await run.startServer();
    const back = await load.call('comeBack', COME_BACK_MS);
    if (!back.complete) throw new Error(`Not up to date after ${COME_BACK_MS / 1000} seconds.`);
    await sleep(SETTLE_MS);
    const { cpuSeconds, peakRssMb } = server.usage;
    return {
      ms: back.ms,
      server_cpu: cpuSeconds,
      server_cpu_each: (cpuSeconds * 1000) / clients,
      bytes_each: back.bytes / clients,
      clients,
      connections: back.openedMs.length,
      first_back_ms: back.openedMs[0] ?? 0,
      half_back_ms: quantile(back.openedMs, 0.5),
      last_back_ms: back.openedMs.at(-1) ?? 0,
      most_in_100_ms: back.mostAtOnce,
      peak_rss: peakRssMb,
    };
  },
};
