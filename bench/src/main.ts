import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runBrowserStorage } from './browser-storage/index.js';
import { type Command, parseCommand, usage } from './command.js';
import { runConsoleTyping } from './console-typing/index.js';
import { runInterleaved } from './interleaved.js';
import { machine } from './measure/machine.js';
import { runMemoryServers } from './memory-servers/index.js';
import { installPeers } from './peers.js';
import { runRecall } from './recall/index.js';
import {
  manyConversations,
  type ReplicaScaleResult,
  replicaScaleChecks,
  replicaScaleTable,
  runReplicaScale,
} from './replica-scale/index.js';
import {
  type Baseline,
  baselineOf,
  type Checked,
  regressions,
  unmeasured,
} from './report/baseline.js';
import type { Results, ScenarioResult } from './report/results.js';
import { tableOf } from './report/table.js';
import { runFirstCalls, runRecallScale } from './scale/index.js';
import { scenarios } from './scenarios/index.js';

const bench = fileURLToPath(new URL('..', import.meta.url));
const baselineFile = join(bench, 'baseline.json');

async function main(): Promise<void> {
  const [first, ...rest] = process.argv.slice(2).filter((arg) => arg !== '--');
  if (first === 'recall') return runRecall(rest);
  if (first === 'recall-scale') return runRecallScale(rest);
  if (first === 'browser-storage') return runBrowserStorage(rest);
  if (first === 'console-typing') return runConsoleTyping(rest);
  if (first === 'first-calls') return runFirstCalls(rest);
  if (first === 'memory-servers') return runMemoryServers(rest);
  const command = commandOrUsage();
  installPeers();
  const at = new Date().toISOString();
  const began = machine();
  const measured: ScenarioResult[] = [];
  for (const scenario of scenarios.filter(({ name }) => command.scenarios.includes(name))) {
    const result = await runInterleaved(scenario, command);
    measured.push(result);
    console.log(`\n${tableOf(scenario, result)}`);
  }
  const replicaScale = await measureReplicaScale(command);
  const results: Results = { at, machine: began, scenarios: measured, ...replicaScale };
  console.log(`\nEvery run is in ${write(results)}`);
  const comparable = comparableIn(results);
  const now = baselineOf(comparable.results, comparable.checked);
  if (command.check && !check(now, comparable)) process.exitCode = 1;
  if (command.writeBaseline) writeBaseline(now);
}

function commandOrUsage(): Command {
  try {
    return parseCommand(process.argv.slice(2));
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${usage}`, { cause: error });
  }
}

/** S9 has no peers and no server under load: it measures what a replica alone costs. */
async function measureReplicaScale(
  command: Command,
): Promise<{ readonly replicaScale?: ReplicaScaleResult }> {
  if (!command.scenarios.includes('s9')) return {};
  const replicaScale = await runReplicaScale({
    cache: join(tmpdir(), 'mnemesh-bench', 'replica-scale'),
    series: [
      { shape: {}, sizes: command.sizes },
      {
        shape: manyConversations.shape,
        sizes: command.sizes.filter((size) => size === manyConversations.records),
      },
    ],
    repeat: command.repeat,
    log: (line) => console.error(`s9 ${line}`),
  });
  console.log(`\n### S9 a replica of so many records\n\n${replicaScaleTable(replicaScale)}`);
  return { replicaScale };
}

function write(results: Results): string {
  const directory = join(bench, 'results');
  mkdirSync(directory, { recursive: true });
  const file = join(directory, `${results.at.replaceAll(':', '-')}.json`);
  writeFileSync(file, `${JSON.stringify(results, undefined, 2)}\n`);
  return file;
}

interface Comparable {
  readonly results: readonly ScenarioResult[];
  readonly checked: readonly Checked[];
}

/** S9's figures are ratios of its own; they are compared as those of the other scenarios. */
function comparableIn({ scenarios: results, replicaScale }: Results): Comparable {
  if (replicaScale === undefined) return { results, checked: scenarios };
  const { result, checked } = replicaScaleChecks(replicaScale);
  return { results: [...results, result], checked: [...scenarios, checked] };
}

/** @returns whether everything was measured, and nothing of ours became worse beyond noise */
function check(now: Baseline, { results, checked }: Comparable): boolean {
  const before = readBaseline();
  const worse = regressions(before, now, checked);
  for (const { figure, before: then, now: current } of worse)
    console.log(`REGRESSION ${figure}: ${described(then)} before, ${described(current)} now`);
  const missing = unmeasured(before, now, results);
  for (const figure of missing) console.log(`NOT MEASURED ${figure}`);
  const passed = worse.length === 0 && missing.length === 0;
  if (passed) console.log('Nothing became worse than the baseline beyond noise.');
  return passed;
}

function described({ median, min, max }: Baseline[string]): string {
  return `${median.toFixed(3)} (${min.toFixed(3)}–${max.toFixed(3)})`;
}

function readBaseline(): Baseline {
  return JSON.parse(readFileSync(baselineFile, 'utf8')) as Baseline;
}

/** Figures that were not measured this time stay as they were. */
function writeBaseline(now: Baseline): void {
  let before: Baseline = {};
  try {
    before = readBaseline();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  writeFileSync(baselineFile, `${JSON.stringify({ ...before, ...now }, undefined, 2)}\n`);
}

main().catch((error) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
});
