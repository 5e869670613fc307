import { register } from 'node:module';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runJobs } from './jobs.js';
import { plantedFaults } from './planted-faults.js';
import { addReports, emptyReport, type RunReport, reportOf } from './run-report.js';

/** Seeds after which a run says how far it is. */
const PROGRESS_SEEDS = 20;

const USAGE = `Runs simulated worlds of the shipped code, one a seed. Failing seeds, and how far it is, are
told on standard error at once; the summary comes on standard output at the end.

  node packages/testing/dist/simulation/main.js --from 1 --seeds 2000 --jobs 2
  node packages/testing/dist/simulation/main.js --plant no-sweep --seeds 500 --until-failure

  --from N         first seed (1)
  --seeds N        how many (10)
  --steps N        operations and faults in each (300)
  --jobs N         processes that share the seeds (1); not with --until-failure
  --plant NAME     break the code first: ${Object.keys(plantedFaults).join(', ')}
  --no-heal        leave the faults as they are; most worlds must fail then
  --until-failure  stop at the first seed that fails
  --json           one line of JSON on standard output`;

const { values } = parseArgs({
  options: {
    from: { type: 'string', default: '1' },
    seeds: { type: 'string', default: '10' },
    steps: { type: 'string', default: '300' },
    jobs: { type: 'string', default: '1' },
    plant: { type: 'string' },
    'no-heal': { type: 'boolean', default: false },
    'until-failure': { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const from = Number(values.from);
const seeds = Number(values.seeds);
const jobs = Number(values.jobs);
if (values.help) {
  print(USAGE);
} else if (jobs > 1) {
  report(await split());
} else {
  plant(values.plant);
  report(await run());
}

async function split(): Promise<RunReport> {
  if (values['until-failure'])
    throw new Error('--until-failure needs one process: leave out --jobs.');
  const args = ['--steps', values.steps];
  if (values.plant !== undefined) args.push('--plant', values.plant);
  if (values['no-heal']) args.push('--no-heal');
  const command = fileURLToPath(import.meta.url);
  return runJobs({ command, from, seeds, jobs, args });
}

/** Has to happen before the code that is to be broken is loaded. */
function plant(name: string | undefined): void {
  if (name === undefined) return;
  const edits = plantedFaults[name];
  if (edits === undefined) throw new Error(`There is no fault "${name}".\n\n${USAGE}`);
  register('./planting-loader.js', import.meta.url, { data: edits });
  console.warn = console.log = () => undefined; // Yjs remarks on every reused client id
}

async function run(): Promise<RunReport> {
  const { simulate } = await import('./simulate.js');
  const { nodeSignatures } = await import('@mnemesh/runtime-node');
  const steps = Number(values.steps);
  let all = emptyReport;
  for (let seed = from; seed < from + seeds; seed++) {
    const done = await simulate({
      seed,
      steps,
      signatures: nodeSignatures,
      heal: !values['no-heal'],
    });
    all = addReports(all, reportOf(done));
    if (done.failure !== undefined) {
      tell(`seed ${seed} failed: ${done.failure}`);
      if (values['until-failure']) break;
    }
    if (all.seeds % PROGRESS_SEEDS === 0)
      tell(`${from} to ${seed}: ${all.seeds} seeds, ${all.failed.length} failed`);
  }
  return all;
}

function report({ seeds, failed, totals }: RunReport): void {
  if (values.json) {
    print(JSON.stringify({ seeds, failed, totals }));
  } else {
    for (const [name, n] of Object.entries(totals).sort()) print(`${name.padEnd(28)} ${n}`);
    print(`${seeds} seeds of ${values.steps} steps, ${failed.length} failed`);
  }
  process.exitCode = failed.length > 0 ? 1 : 0;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function tell(line: string): void {
  process.stderr.write(`${line}\n`);
}
