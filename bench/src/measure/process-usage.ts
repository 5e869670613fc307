import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** What the operating system says of a process, all its threads together. */
export interface ProcessUsage {
  readonly cpuSeconds: number;
  readonly rssMb: number;
  readonly peakRssMb: number;
}

const MEGABYTE = 1024 * 1024;
const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

export function usageOf(pid: number): ProcessUsage {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return {
    cpuSeconds: cpuTicks(readFileSync(`/proc/${pid}/stat`, 'utf8')) / ticksPerSecond,
    rssMb: kilobytes(status, 'VmRSS') / 1024,
    peakRssMb: kilobytes(status, 'VmHWM') / 1024,
  };
}

/** Bytes of all files in a directory, as long as they are (not as many blocks as they occupy). */
export function bytesIn(directory: string): number {
  return readdirSync(directory, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .reduce((sum, path) => sum + (statSync(path, { throwIfNoEntry: false })?.size ?? 0), 0);
}

export function megabytes(bytes: number): number {
  return bytes / MEGABYTE;
}

/** utime and stime: fields 14 and 15, counted behind the name, which may hold spaces. */
function cpuTicks(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

function kilobytes(status: string, name: string): number {
  const line = status.split('\n').find((text) => text.startsWith(`${name}:`));
  return Number(line?.match(/\d+/)?.[0] ?? 0);
}
