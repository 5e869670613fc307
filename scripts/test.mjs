// Everything `npm test` checks, in order; stops at the first check that fails.
// Arguments go to vitest, and then the newest Node is left out. The last line is always `N passed, N failed`.
import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { constants } from 'node:os';

// Scripts of package.json, each counted as one.
const checks = {
  build: 'Types',
  console: 'Console',
  lint: 'Biome',
  arrows: 'Import rules',
  'one-copy': 'One copy',
};
const report = 'test-results/vitest.json';
const { scripts } = JSON.parse(readFileSync('package.json', 'utf8'));

let passed = 0;
let failed = 0;

/** Runs one line of package.json's scripts; resolves to its exit code. */
function run(line, args = []) {
  return new Promise((resolve) => {
    const windows = process.platform === 'win32';
    const [command = '', ...rest] = line.split(' ');
    const options = { stdio: 'inherit', shell: windows };
    const child = spawn(command, [...rest, ...args], options);
    const onInt = () => process.stdin.isTTY || child.kill('SIGINT');
    const onTerm = () => child.kill('SIGTERM');
    process.on('SIGINT', onInt).on('SIGTERM', onTerm);
    child.on('error', (error) => {
      console.error(error.message);
      resolve(1);
    });
    child.on('exit', (code, signal) => {
      process.off('SIGINT', onInt).off('SIGTERM', onTerm);
      if (signal) end(128 + constants.signals[signal]);
      else resolve(code);
    });
  });
}

function end(code) {
  if (code !== 0) failed = Math.max(failed, 1);
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(code);
}

for (const [script, name] of Object.entries(checks)) {
  console.log(`\n> ${name}: ${scripts[script]}`);
  const code = await run(scripts[script]);
  if (code !== 0) {
    console.error(`\n${name} failed; the checks after it were not run.`);
    failed += 1;
    end(code);
  }
  passed += 1;
}

/** Runs vitest by one line of package.json's scripts, and counts what it reports. */
async function runTests(line, args = []) {
  console.log(`\n> Tests: ${line}`);
  rmSync(report, { force: true });
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const code = await run(line, [...reporters, ...args]);
  try {
    const totals = JSON.parse(readFileSync(report, 'utf8'));
    // A file that cannot be loaded has no tests of its own; it counts as one failure.
    const broken = totals.testResults.filter(
      (file) =>
        file.status === 'failed' && !file.assertionResults.some((t) => t.status === 'failed'),
    );
    passed += totals.numPassedTests;
    failed += totals.numFailedTests + broken.length;
    if (totals.numPendingTests > 0) console.log(`${totals.numPendingTests} skipped`);
  } catch {
    console.error('vitest wrote no report.');
  }
  return code;
}

const code = await runTests(scripts['test:unit'], process.argv.slice(2));
if (code !== 0 || process.argv.length > 2) end(code);
process.env.MNEMESH_CRASH_KILLS = '10';
end(await runTests(scripts['test:newest-node']));
