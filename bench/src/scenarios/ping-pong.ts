import { quantile } from '../measure/summary.js';
import type { PingPongSteps } from './ping-pong-load.js';
import { everySubject, type Scenario } from './scenario.js';

const WARM_UP = 50;
const TRIPS = 2_000;
/** Automerge, at 0.2 s a trip, gets as many as fit. */
const AT_MOST_MS = 30_000;

export const pingPong: Scenario = {
  name: 's4',
  title: `S4 ping-pong: ${TRIPS} trips there and back through the server`,
  subjects: everySubject,
  columns: [
    { name: 'p50', unit: 'ms', checkedAgainst: 'yws' },
    { name: 'p90', unit: 'ms' },
    { name: 'p99', unit: 'ms' },
    { name: 'server_cpu_per_trip', unit: 'µs', checkedAgainst: 'yws' },
    { name: 'trips', unit: '' },
  ],
  async measure(run) {
    const server = await run.startServer();
    const load = run.startLoad<PingPongSteps>();
    await load.call('connect');
    await load.call('run', { trips: WARM_UP, atMostMs: AT_MOST_MS });
    const before = server.usage;
    const times = await load.call('run', { trips: TRIPS, atMostMs: AT_MOST_MS });
    const cpuSeconds = server.usage.cpuSeconds - before.cpuSeconds;
    const sorted = [...times].sort((a, b) => a - b);
    return {
      p50: quantile(sorted, 0.5),
      p90: quantile(sorted, 0.9),
      p99: quantile(sorted, 0.99),
      server_cpu_per_trip: (cpuSeconds * 1e6) / times.length,
      trips: times.length,
    };
  },
};
