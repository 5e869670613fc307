import { setTimeout as sleep } from 'node:timers/promises';
import { bytesIn, megabytes } from '../measure/process-usage.js';
import type { ColdStartSteps } from './cold-start-load.js';
import { mustConverge, type Scenario } from './scenario.js';

const RECORDS = 20_000;
const DEADLINE_MS = 120_000;
/** Milliseconds for servers that store late, before they are stopped in order. */
const SETTLE_MS = 3_000;

export const coldStart: Scenario = {
  name: 's3',
  title: `S3 cold start: the server restarted on a document of ${RECORDS.toLocaleString('en-US')} records, a fresh client gets it all`,
  subjects: ['floor', 'yws-leveldb', 'hocuspocus-sqlite', 'automerge', 'mnemesh', 'mnemesh-mesh'],
  columns: [
    { name: 'ms', unit: 'ms', checkedAgainst: 'hocuspocus-sqlite' },
    { name: 'synced_event_ms', unit: 'ms' },
    { name: 'warm_ms', unit: 'ms' },
    { name: 'server_cpu', unit: 's', checkedAgainst: 'hocuspocus-sqlite' },
    { name: 'extra_rss', unit: 'MB', checkedAgainst: 'hocuspocus-sqlite' },
    { name: 'peak_rss', unit: 'MB' },
    { name: 'received', unit: 'MB' },
    { name: 'disk', unit: 'MB' },
    { name: 'fill_server_cpu', unit: 's' },
  ],
  async measure(run) {
    const order = { count: RECORDS, deadlineMs: DEADLINE_MS };
    const first = await run.startServer();
    const filling = run.startLoad<ColdStartSteps>();
    mustConverge(await filling.call('fill', order));
    const fillCpu = first.usage.cpuSeconds;
    await filling.end();
    await sleep(SETTLE_MS);
    await first.stop();

    const server = await run.startServer();
    const disk = megabytes(bytesIn(run.data));
    const reading = run.startLoad<ColdStartSteps>();
    const before = server.usage;
    const cold = await reading.call('read', order);
    const after = server.usage;
    mustConverge(cold.right);
    const warm = await reading.call('read', order);
    return {
      ms: cold.ms,
      synced_event_ms: cold.syncedMs,
      warm_ms: warm.ms,
      server_cpu: after.cpuSeconds - before.cpuSeconds,
      extra_rss: after.peakRssMb - before.rssMb,
      peak_rss: after.peakRssMb,
      received: megabytes(await reading.call('receivedBytes', order)),
      disk,
      fill_server_cpu: fillCpu,
    };
  },
};
