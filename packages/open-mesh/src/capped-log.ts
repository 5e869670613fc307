import { appendFileSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Log, LogLevel } from '@mnemesh/protocol';

/** Bytes of a log file; then it is set aside under `.1`, over the one that was there. */
export const LOG_BYTES = 1024 * 1024;

export interface CappedLogOptions {
  readonly path: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Lines of this level and above are written. Default `info`. */
  readonly least?: LogLevel;
  readonly mostBytes?: number;
}

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

/** A log in a file of bounded size. What cannot be written is left out: a log must not stop what it tells of. */
export function cappedLog({
  path,
  now,
  least = 'info',
  mostBytes = LOG_BYTES,
}: CappedLogOptions): Log {
  let bytes = sizeOf(path);
  return (level, message, details) => {
    if (LEVELS.indexOf(level) < LEVELS.indexOf(least)) return;
    const at = new Date(now()).toISOString();
    const more = details === undefined ? '' : ` ${JSON.stringify(details)}`;
    const line = `${at} ${process.pid} ${level} ${message}${more}\n`;
    try {
      if (bytes > 0 && bytes + line.length > mostBytes) {
        renameSync(path, `${path}.1`);
        bytes = 0;
      }
      appendFileSync(path, line, { mode: 0o600 });
      bytes += Buffer.byteLength(line);
    } catch {
      // See above.
    }
  };
}

function sizeOf(path: string): number {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    return statSync(path).size;
  } catch {
    return 0;
  }
}
