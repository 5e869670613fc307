import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, realpathSync, rmSync } from 'node:fs';
import { userInfo } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { MnemeshError } from '@mnemesh/protocol';

/** Bytes of a socket's path that every Unix takes: `sun_path` has 104 on macOS, its end included. */
const PATH_BYTES = 103;

/** Where the holder of a replica listens. */
export interface SocketPlace {
  readonly path: string;
  /** Its directory, which only its owner may enter. Absent for a named pipe. */
  readonly directory: string | undefined;
}

/**
 * The place for a mesh's replica in a data directory: a socket there, or, where its path would be too
 * long, one with a hashed name in a directory of this user in `/tmp`; on Windows a named pipe. All who name the
 * same directory find the same place, through links too, and whatever their environment says.
 */
export function socketPlace(data: string, mesh: string): SocketPlace {
  const real = realPath(data);
  const own = join(real, 'hold');
  const path = join(own, `${mesh}.sock`);
  if (process.platform !== 'win32' && Buffer.byteLength(path) <= PATH_BYTES)
    return { path, directory: own };
  const hash = createHash('sha256').update(real).update('\0').update(mesh).digest('hex');
  const short = hash.slice(0, 32);
  if (process.platform === 'win32')
    return { path: `\\\\.\\pipe\\mnemesh-${short}`, directory: undefined };
  const directory = `/tmp/mnemesh-${userInfo().uid}`;
  return { path: join(directory, `${short}.sock`), directory };
}

/**
 * Makes the directory of a place, for its owner alone.
 * @throws MnemeshError `not_permitted` where somebody else could have put something there
 */
export function prepareDirectory({ directory }: SocketPlace): void {
  if (directory === undefined) return;
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new MnemeshError('store_failed', `${directory} cannot be made: ${String(cause)}.`, {
      cause,
    });
  }
  const problem = problemOf(directory);
  if (problem !== undefined) throw new MnemeshError('not_permitted', problem);
}

/** Why the directory of a place is not to be trusted; undefined when it is, or is not there. */
export function problemOf(directory: string): string | undefined {
  const found = lstatSync(directory, { throwIfNoEntry: false });
  if (found === undefined) return undefined;
  const { uid } = userInfo();
  if (!found.isDirectory() || (found.mode & 0o077) !== 0 || (uid >= 0 && found.uid !== uid))
    return `${directory} must be a directory of yours that nobody else may enter. Try: chmod 700 ${directory}`;
  return undefined;
}

/** Only for whoever has the store: then nobody listens there. */
export function removeStale({ path, directory }: SocketPlace): void {
  if (directory !== undefined) rmSync(path, { force: true });
}

/** Also of a directory that is still to be made. */
function realPath(directory: string): string {
  try {
    return realpathSync(directory);
  } catch {
    const parent = dirname(directory);
    return parent === directory ? directory : join(realPath(parent), basename(directory));
  }
}
