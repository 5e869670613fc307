import { arch, cpus, loadavg, platform, release, totalmem } from 'node:os';
import type { Machine } from '../report/results.js';

/** What everything was measured on, and how busy it was. */
export function machine(): Machine {
  const [cpu] = cpus();
  return {
    node: process.version,
    cpu: cpu?.model ?? 'unknown',
    cores: cpus().length,
    memoryMb: Math.round(totalmem() / 1024 / 1024),
    system: `${platform()} ${release()} ${arch()}`,
    load: loadavg()[0] ?? 0,
  };
}

export function machineText(): string {
  const { node, cpu, cores, memoryMb, system, load } = machine();
  return `${cpu}, ${cores} cores, ${memoryMb} MB, ${system}, Node ${node}, load ${load.toFixed(1)}`;
}
