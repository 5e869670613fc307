import { bytesIn } from '../measure/process-usage.js';
import type { KilledServerSteps } from './killed-server-load.js';
import type { Scenario } from './scenario.js';

const WRITES = 1_000;
/** Milliseconds a fresh client waits for records that may be lost. */
const FOUND_MS = 5_000;

export const killedServer: Scenario = {
  name: 's6',
  title: `S6 kill -9 at once after ${WRITES} acknowledged writes (200 ms after the last, where there are no acks)`,
  subjects: ['floor', 'yws-leveldb', 'hocuspocus-sqlite', 'automerge', 'mnemesh', 'mnemesh-mesh'],
  columns: [
    { name: 'lost', unit: '', checkedAgainst: 'itself', tolerance: 0 },
    { name: 'acks', unit: '' },
    { name: 'ack_p50', unit: 'ms' },
    { name: 'ack_p99', unit: 'ms' },
    // In milliseconds it is the disk's; beside the saving of the same writes it is ours.
    { name: 'ack_to_saved', unit: '', checkedAgainst: 'itself' },
    { name: 'write_ms', unit: 'ms' },
    { name: 'wait_ms', unit: 'ms' },
    { name: 'disk', unit: 'kB' },
  ],
  async measure(run) {
    const server = await run.startServer();
    const load = run.startLoad<KilledServerSteps>();
    await load.call('connect');
    const { writeMs, waitMs, acks, followed } = await load.call('write', WRITES);
    await server.kill();
    // The writer goes too, or it would give the server back what it lost.
    await load.end();
    const disk = bytesIn(run.data) / 1024;
    await run.startServer();
    const reader = run.startLoad<KilledServerSteps>();
    const found = await reader.call('found', { count: WRITES, deadlineMs: FOUND_MS });
    return {
      lost: WRITES - found,
      acks: acks ? 1 : 0,
      ...(followed === undefined ? {} : ackFigures(followed)),
      write_ms: writeMs,
      wait_ms: waitMs,
      disk,
    };
  },
};

function ackFigures({
  savedP50,
  ackP50,
  ackP99,
}: Record<'savedP50' | 'ackP50' | 'ackP99', number>) {
  return { ack_p50: ackP50, ack_p99: ackP99, ack_to_saved: ackP50 / savedP50 };
}
