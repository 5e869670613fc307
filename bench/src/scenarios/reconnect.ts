import { setTimeout as sleep } from 'node:timers/promises';
import { quantile } from '../measure/summary.js';
import type { SubjectName } from '../subjects/subject.js';
import type { ReconnectSteps } from './reconnect-load.js';
import type { Scenario } from './scenario.js';

const CLIENTS = 500;
/** With 500 they were never in step within the time; the cause is not known. */
const FEWER: Partial<Record<SubjectName, number>> = { 'hocuspocus-sqlite': 100 };
const DOCUMENTS = 100;
/** Documents that change in the first absence of the server, and of ours in two more: what a return costs shall follow them. */
const CHANGED = 1;
const CHANGED_LATER: Partial<Record<SubjectName, readonly number[]>> = {
  'mnemesh-mesh': [10, 100],
};
const PREPARE_MS = 200_000;
const COME_BACK_MS = 120_000;
/** Milliseconds that the server stays away: clients have tried and failed by then. */
const AWAY_MS = 3_000;
/** Milliseconds after everybody is up to date in which late traffic is still counted. */
const SETTLE_MS = 3_000;

export const reconnect: Scenario = {
  name: 's8',
  title: `S8 ${CLIENTS} replicas with ${DOCUMENTS} documents each come back after a restart of the server; one document changed (or as many as the column says)`,
  // A socket for each document would be 50,000 sockets.
  subjects: ['hocuspocus-sqlite', 'mnemesh-mesh'],
  columns: [
    { name: 'ms', unit: 'ms' },
    { name: 'server_cpu', unit: 's' },
    { name: 'server_cpu_each', unit: 'ms', checkedAgainst: 'hocuspocus-sqlite' },
    { name: 'bytes_each', unit: 'B', checkedAgainst: 'itself' },
    { name: 'bytes_each_10', unit: 'B', checkedAgainst: 'itself' },
    { name: 'bytes_each_100', unit: 'B', checkedAgainst: 'itself' },
    { name: 'server_cpu_each_10', unit: 'ms' },
    { name: 'server_cpu_each_100', unit: 'ms' },
    { name: 'clients', unit: '' },
    { name: 'connections', unit: '' },
    { name: 'first_back_ms', unit: 'ms' },
    { name: 'half_back_ms', unit: 'ms' },
    { name: 'last_back_ms', unit: 'ms' },
    { name: 'most_in_100_ms', unit: '' },
    { name: 'peak_rss', unit: 'MB' },
  ],
  async measure(run) {
    let server = await run.startServer();
    const load = run.startLoad<ReconnectSteps>();
    const clients = FEWER[run.subject.name] ?? CLIENTS;
    const crowd = { clients, documents: DOCUMENTS, deadlineMs: PREPARE_MS };
    if (!(await load.call('prepare', crowd))) throw new Error('The replicas never were in step.');
    const restart = async (changed: number) => {
      await server.stop();
      await load.call('change', changed);
      await sleep(AWAY_MS);
      server = await run.startServer();
      const { ms, complete } = await load.call('comeBack', COME_BACK_MS);
      if (!complete) throw new Error(`Not up to date after ${COME_BACK_MS / 1000} seconds.`);
      await sleep(SETTLE_MS);
      const { cpuSeconds, peakRssMb } = server.usage;
      return { ms, cpuSeconds, peakRssMb, ...(await load.call('returned')) };
    };
    const back = await restart(CHANGED);
    const later: Record<string, number> = {};
    for (const changed of CHANGED_LATER[run.subject.name] ?? []) {
      const { bytes, cpuSeconds } = await restart(changed);
      later[`bytes_each_${changed}`] = bytes / clients;
      later[`server_cpu_each_${changed}`] = (cpuSeconds * 1000) / clients;
    }
    return {
      ms: back.ms,
      server_cpu: back.cpuSeconds,
      server_cpu_each: (back.cpuSeconds * 1000) / clients,
      bytes_each: back.bytes / clients,
      ...later,
      clients,
      connections: back.openedMs.length,
      first_back_ms: back.openedMs[0] ?? 0,
      half_back_ms: quantile(back.openedMs, 0.5),
      last_back_ms: back.openedMs.at(-1) ?? 0,
      most_in_100_ms: back.mostAtOnce,
      peak_rss: back.peakRssMb,
    };
  },
};
