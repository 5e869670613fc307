import { parseArgs } from 'node:util';
import { nodeSignatures } from '@mnemesh/runtime-node';
import { type SimulationReport, simulate } from './simulate.js';

const { values } = parseArgs({
  options: {
    from: { type: 'string', default: '1' },
    seeds: { type: 'string', default: '10' },
    steps: { type: 'string', default: '300' },
    'no-heal': { type: 'boolean', default: false },
    'until-failure': { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});

const from = Number(values.from);
const reports: SimulationReport[] = [];
const began = Date.now();
for (let seed = from; seed < from + Number(values.seeds); seed++) {
  const report = await simulate({
    seed,
    steps: Number(values.steps),
    signatures: nodeSignatures,
    heal: !values['no-heal'],
  });
  reports.push(report);
  if (report.failure !== undefined) {
    console.error(`seed ${seed}: ${report.failure}`);
    if (values['until-failure']) break;
  }
}
const totals: Record<string, number> = {};
for (const { counts } of reports)
  for (const [name, n] of Object.entries(counts)) totals[name] = (totals[name] ?? 0) + n;
const failed = reports.filter(({ failure }) => failure !== undefined).map(({ seed }) => seed);
if (values.json) console.log(JSON.stringify({ seeds: reports.length, failed, totals }));
else {
  for (const [name, n] of Object.entries(totals).sort()) console.log(`${name.padEnd(28)} ${n}`);
  console.log(
    `${reports.length} seeds, ${failed.length} failed${failed.length ? `: ${failed.join(' ')}` : ''}, ${Date.now() - began} ms`,
  );
}
process.exitCode = failed.length > 0 ? 1 : 0;
