// `npm start` and `npm test` from a fresh clone: needs only Node and npm.
// Fetches the pinned pnpm into .tools/, installs what the lockfile says, then runs the task.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const windows = process.platform === 'win32';
const [task, ...args] = process.argv.slice(2);

function stop(message) {
  console.error(message);
  process.exit(1);
}

/** Runs a command in the foreground; ends this process with its exit code if it fails. */
function run(command, commandArgs, { shell = false } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, commandArgs, { cwd: root, stdio: 'inherit', shell });
    // A terminal sends Ctrl-C to the child itself; sending it again would look like a second one.
    const onInt = () => process.stdin.isTTY || child.kill('SIGINT');
    const onTerm = () => child.kill('SIGTERM');
    process.on('SIGINT', onInt).on('SIGTERM', onTerm);
    // A signal to npm ends only the shell between npm and this process: then stop as well.
    const parent = process.ppid;
    const orphaned = () => process.ppid !== parent && child.kill('SIGTERM');
    if (process.env.npm_lifecycle_event) setInterval(orphaned, 500).unref();
    child.on('error', (error) => stop(`Cannot run ${command}: ${error.message}`));
    child.on('exit', (code, signal) => {
      process.off('SIGINT', onInt).off('SIGTERM', onTerm);
      const status = code ?? 128 + constants.signals[signal];
      if (status !== 0) process.exit(status);
      resolve();
    });
  });
}

/** The pinned pnpm as [command, ...args], from PATH if it is that version, else from .tools/. */
async function findPnpm(version) {
  const onPath = spawnSync('pnpm', ['--version'], {
    cwd: root,
    encoding: 'utf8',
    shell: windows,
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: 30_000,
    env: { ...process.env, COREPACK_ENABLE_DOWNLOAD_PROMPT: '0' },
  });
  if (onPath.stdout?.trim() === version) return { command: 'pnpm', args: [], shell: windows };

  const home = join(root, '.tools', `pnpm-${version}`);
  if (!existsSync(home)) {
    console.log(`Fetching pnpm ${version} into .tools/`);
    const part = `${home}.${process.pid}`;
    mkdirSync(part, { recursive: true });
    writeFileSync(join(part, 'package.json'), '{"private":true}\n');
    const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
    const what = ['install', '--prefix', part, '--no-package-lock', `pnpm@${version}`];
    await run('npm', [...what, ...quiet], { shell: windows });
    if (existsSync(home)) rmSync(part, { recursive: true });
    else renameSync(part, home);
  }
  const modules = join(home, 'node_modules');
  process.env.PATH = join(modules, '.bin') + delimiter + process.env.PATH;
  return { command: process.execPath, args: [join(modules, 'pnpm/bin/pnpm.cjs')], shell: false };
}

/** Installs when the lockfile or the Node version is not the one of the last install. */
async function install(pnpm) {
  const stampFile = join(root, 'node_modules', '.stamp');
  const lock = readFileSync(join(root, 'pnpm-lock.yaml'));
  const stamp = createHash('sha256').update(lock).update(process.version).digest('hex');
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return;
  const options = ['--frozen-lockfile', '--config.confirmModulesPurge=false'];
  await run(pnpm.command, [...pnpm.args, 'install', ...options], pnpm);
  writeFileSync(stampFile, stamp);
}

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  stop(`Mnemesh needs Node 20.19 or newer; this is ${process.version}.`);
}
if (task !== 'start' && task !== 'test') stop('Usage: node scripts/bootstrap.mjs start|test');

const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
await install(await findPnpm(packageManager.replace('pnpm@', '')));
process.env.PATH = join(root, 'node_modules', '.bin') + delimiter + process.env.PATH;

if (task === 'test') {
  await run(process.execPath, ['scripts/test.mjs', ...args]);
} else {
  await run(process.execPath, ['node_modules/typescript/bin/tsc', '-b', 'apps/cli']);
  await run(process.execPath, ['apps/console/scripts/build.mjs']);
  await run(process.execPath, ['apps/cli/dist/demo/main.js', ...args]);
}
