import { setTimeout as sleep } from 'node:timers/promises';
import { bytesIn } from '../measure/process-usage.js';
import type { SubjectName } from '../subjects/subject.js';
import type { OverwritesSteps } from './overwrites-load.js';
import { everySubject, type Scenario } from './scenario.js';

const OVERWRITES = 100_000;
/** Fewer where each overwrite is a signed record, or costs as much as a thousand of Yjs. */
const FEWER: Partial<Record<SubjectName, number>> = { automerge: 20_000, 'mnemesh-mesh': 10_000 };
const DEADLINE_MS = 120_000;
/** Milliseconds between the last read and SIGTERM. */
const SETTLE_MS = 3_500;
/** Milliseconds a cold reader waits for a value that may be lost. */
const COLD_MS = 12_000;
/** Milliseconds between looks at the size of the server's data. */
const LOOK_MS = 100;

export const overwrites: Scenario = {
  name: 's7',
  title: `S7 one key overwritten ${OVERWRITES.toLocaleString('en-US')} times`,
  subjects: everySubject,
  columns: [
    { name: 'updates_per_s', unit: '', checkedAgainst: 'yws', moreIsBetter: true },
    { name: 'ms', unit: 'ms' },
    { name: 'server_cpu', unit: 's', checkedAgainst: 'yws' },
    { name: 'peak_rss', unit: 'MB' },
    { name: 'fresh_sync', unit: 'B' },
    { name: 'disk_most', unit: 'kB', checkedAgainst: 'itself' },
    { name: 'disk_idle', unit: 'kB' },
    { name: 'disk_stopped', unit: 'kB', checkedAgainst: 'itself' },
    { name: 'cold_ms', unit: 'ms' },
    { name: 'cold_sync', unit: 'B', checkedAgainst: 'itself' },
    { name: 'cold_lost', unit: '', checkedAgainst: 'itself', tolerance: 0 },
    { name: 'overwrites', unit: '' },
  ],
  async measure(run) {
    const server = await run.startServer();
    const load = run.startLoad<OverwritesSteps>();
    const count = FEWER[run.subject.name] ?? OVERWRITES;
    await load.call('connect');
    const before = server.usage;
    const disk = new DiskWatch(run.data);
    const { ms, inTime } = await load.call('run', { count, deadlineMs: DEADLINE_MS });
    if (!inTime) throw new Error(`The last value did not arrive in ${DEADLINE_MS / 1000} s.`);
    const after = server.usage;
    const freshSync = await load.call('receivedBytes', { count, deadlineMs: COLD_MS });
    await load.end();
    await sleep(SETTLE_MS);
    const idle = disk.end();
    const measured = {
      updates_per_s: (count * 1000) / ms,
      ms,
      server_cpu: after.cpuSeconds - before.cpuSeconds,
      peak_rss: after.peakRssMb,
      fresh_sync: freshSync,
      overwrites: count,
    };
    if (!run.subject.keeps) return measured;
    await server.stop();
    const stopped = bytesIn(run.data);
    await run.startServer();
    const reader = run.startLoad<OverwritesSteps>();
    const cold = await reader.call('read', { count, deadlineMs: COLD_MS });
    return {
      ...measured,
      disk_most: disk.most / 1024,
      disk_idle: idle / 1024,
      disk_stopped: stopped / 1024,
      cold_ms: cold.ms,
      cold_sync: await reader.call('receivedBytes', { count, deadlineMs: COLD_MS }),
      cold_lost: cold.lost,
    };
  },
};

/** Looks at a directory's size again and again. */
class DiskWatch {
  readonly #directory: string;
  readonly #timer: NodeJS.Timeout;
  most = 0;

  constructor(directory: string) {
    this.#directory = directory;
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
    this.#timer.unref();
  }

  /** @returns bytes now */
  end(): number {
    clearInterval(this.#timer);
    return this.#look();
  }

  #look(): number {
    const bytes = bytesIn(this.#directory);
    this.most = Math.max(this.most, bytes);
    return bytes;
  }
}
