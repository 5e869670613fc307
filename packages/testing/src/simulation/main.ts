import { register } from 'node:module';
import { parseArgs } from 'node:util';
import { plantedFaults } from './planted-faults.js';
import type { SimulationReport } from './simulate.js';

const USAGE = `Runs simulated worlds of the shipped code, one a seed.

  node packages/testing/dist/simulation/main.js --from 1 --seeds 2000
  node packages/testing/dist/simulation/main.js --plant no-sweep --seeds 500 --until-failure

  --from N         first seed (1)
  --seeds N        how many (10)
  --steps N        operations and faults in each (300)
  --plant NAME     break the code first: ${Object.keys(plantedFaults).join(', ')}
  --no-heal        leave the faults as they are; such a run must fail
  --until-failure  stop at the first seed that fails
  --json           one line of JSON on standard output`;

const { values } = parseArgs({
  options: {
    from: { type: 'string', default: '1' },
    seeds: { type: 'string', default: '10' },
    steps: { type: 'string', default: '300' },
    plant: { type: 'string' },
    'no-heal': { type: 'boolean', default: false },
    'until-failure': { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
} else {
  plant(values.plant);
  report(await run());
}

/** Has to happen before the code that is to be broken is loaded. */
function plant(name: string | undefined): void {
  if (name === undefined) return;
  const edits = plantedFaults[name];
  if (edits === undefined) throw new Error(`There is no fault "${name}".\n\n${USAGE}`);
  register('./planting-loader.js', import.meta.url, { data: edits });
  console.warn = console.log = () => undefined; // Yjs remarks on every reused client id
}

async function run(): Promise<readonly SimulationReport[]> {
  const { simulate } = await import('./simulate.js');
  const { nodeSignatures } = await import('@mnemesh/runtime-node');
  const from = Number(values.from);
  const steps = Number(values.steps);
  const reports: SimulationReport[] = [];
  for (let seed = from; seed < from + Number(values.seeds); seed++) {
    const done = await simulate({
      seed,
      steps,
      signatures: nodeSignatures,
      heal: !values['no-heal'],
    });
    reports.push(done);
    if (done.failure === undefined) continue;
    if (values['until-failure']) break;
  }
  return reports;
}

function report(reports: readonly SimulationReport[]): void {
  const totals: Record<string, number> = {};
  for (const { counts } of reports) {
    for (const [name, n] of Object.entries(counts)) totals[name] = (totals[name] ?? 0) + n;
  }
  const failed = reports
    .filter(({ failure }) => failure !== undefined)
    .map(({ seed, failure }) => ({ seed, failure }));
  if (values.json) {
    print(JSON.stringify({ seeds: reports.length, failed, totals }));
  } else {
    for (const [name, n] of Object.entries(totals).sort()) print(`${name.padEnd(28)} ${n}`);
    print(`${reports.length} seeds of ${values.steps} steps, ${failed.length} failed`);
  }
  process.exitCode = failed.length > 0 ? 1 : 0;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
