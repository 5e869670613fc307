import { closeSync, fsyncSync, mkdirSync, openSync, realpathSync } from 'node:fs';
import { dirname } from 'node:path';

/** Makes what was created, renamed or deleted in a directory survive a power cut. Windows does so by itself. */
export function flushDirectory(directory: string): void {
  if (process.platform === 'win32') return;
  const handle = openSync(directory, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Creates a directory and those above it, durably. @returns its real path */
export function createDirectory(directory: string): string {
  const first = mkdirSync(directory, { recursive: true });
  const place = realpathSync(directory);
  if (first === undefined) return place;
  const top = dirname(realpathSync(first));
  for (let above = dirname(place); above.length >= top.length; above = dirname(above)) {
    flushDirectory(above);
    if (above === top) break;
  }
  return place;
}
