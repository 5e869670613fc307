import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { peersDirectory } from './clients/doors.js';

const directory = fileURLToPath(peersDirectory);
const stampFile = join(directory, 'node_modules', '.stamp');

/** Installs the stock peers when their lockfile or the Node version is not the one of the last install. */
export function installPeers(): void {
  const lock = readFileSync(join(directory, 'pnpm-lock.yaml'));
  const stamp = createHash('sha256').update(lock).update(process.version).digest('hex');
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return;
  console.error('Installing the stock peers into bench/peers; one of them is compiled.');
  const { status, error } = spawnSync(
    process.execPath,
    [pnpmScript(), 'install', '--frozen-lockfile'],
    { cwd: directory, stdio: ['ignore', 'inherit', 'inherit'] },
  );
  if (status !== 0) throw new Error('Installing the stock peers failed.', { cause: error });
  writeFileSync(stampFile, stamp);
}

/** The pnpm that runs this: the pinned one. */
function pnpmScript(): string {
  const script = process.env.npm_execpath;
  if (script?.includes('pnpm')) return script;
  throw new Error('Run the benchmarks with `npm run bench`.');
}
