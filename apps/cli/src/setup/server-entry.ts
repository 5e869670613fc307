import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Surroundings } from '@mnemesh/open-mesh';

/** The name under which clients know our server. */
export const SERVER_NAME = 'mnemesh';

/** What a client starts. */
export interface ServerEntry {
  readonly type?: 'stdio';
  readonly command: string;
  readonly args: readonly string[];
}

/**
 * The shortest command that starts this installation: by its name where the shell finds it, so that a
 * config can be shared, else by its path.
 */
export function serverEntry(
  at: Surroundings,
  typed: boolean,
  options: readonly string[],
): ServerEntry {
  const type = typed ? ({ type: 'stdio' } as const) : {};
  const args = ['mcp', ...options];
  if (isOnPath('mnemesh', at)) return { ...type, command: 'mnemesh', args };
  const script = fileURLToPath(new URL('../../bin/mnemesh.js', import.meta.url));
  return { ...type, command: process.execPath, args: [script, ...args] };
}

export function isOnPath(command: string, { env }: Surroundings): boolean {
  const endings = process.platform === 'win32' ? ['.cmd', '.exe', ''] : [''];
  return (env.PATH ?? '')
    .split(delimiter)
    .some(
      (directory) =>
        directory !== '' && endings.some((ending) => isRunnable(join(directory, command + ending))),
    );
}

export function isRunnable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
