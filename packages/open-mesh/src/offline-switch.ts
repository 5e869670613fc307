import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MnemeshError } from '@mnemesh/protocol';

/**
 * The simulated-offline switch of a data directory: while its file exists, every mesh opened from
 * there stays off the network.
 */
export function isSwitchedOffline(data: string): boolean {
  return existsSync(switchPath(data));
}

export async function switchOffline(data: string, offline: boolean): Promise<void> {
  const path = switchPath(data);
  try {
    await mkdir(data, { recursive: true, mode: 0o700 });
    if (offline) await writeFile(path, 'Remove with: mnemesh offline off\n');
    else await rm(path, { force: true });
  } catch (error) {
    throw new MnemeshError(
      'store_failed',
      `${path} cannot be changed: ${(error as Error).message}.`,
    );
  }
}

function switchPath(data: string): string {
  return join(data, 'offline');
}
