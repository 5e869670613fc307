import { parseArgs } from 'node:util';
import { LEAST_REPETITIONS } from './report/baseline.js';
import { type ScenarioName, scenarioNames } from './scenarios/scenario.js';
import { type SubjectName, subjectNames } from './subjects/subject.js';

const DEFAULT_REPEAT = 5;
/** A million, too, is authored on request: that takes minutes and some gigabytes. */
const DEFAULT_SIZES = '1000,10000,100000';

export interface Command {
  readonly scenarios: readonly ScenarioName[];
  readonly subjects: readonly SubjectName[];
  readonly repeat: number;
  /** Records of the replicas that S9 measures. */
  readonly sizes: readonly number[];
  /** Compare with the committed baseline, and fail on a regression. */
  readonly check: boolean;
  /** Write what was measured as the new baseline. */
  readonly writeBaseline: boolean;
}

export const usage = `Usage: npm run bench -- [SCENARIO...] [--repeat N] [--peers NAME,...] [--sizes N,...] [--check] [--write-baseline]
  SCENARIO  ${scenarioNames.join(' ')}; all when none is named
  --peers   the subjects to compare, of ${subjectNames.join(', ')}; all when absent.
            Ours are always among them.
  --repeat  repetitions, interleaved; default ${DEFAULT_REPEAT}
  --sizes   records of the replicas of s9; default ${DEFAULT_SIZES}. 100000 are measured in 100 and in 10,000 conversations
  --check   compares ours with bench/baseline.json as ratios to the peers; exit code 1 on a regression
  --write-baseline  makes these results the new bench/baseline.json
       npm run bench -- recall --data FILE [--tune N] [--json FILE]
  evidence recall on a LoCoMo file, beside MiniSearch and plain baselines
       npm run bench -- recall-scale [--records N] [--queries N] [--repeat N]
  times of recall by kinds of queries, opening, memory and index of a replica of 100,000 records
       npm run bench -- first-calls [--tasks N] [--topics N] [--items N] [--forgets N,…] [--repeat N]
  the first and later calls of tasks.ready() and conflicts.list(), and scrubs after forgets
       npm run bench -- browser-storage [--documents N,…] [--repeat N]
  opening, writing and disk of what a browser keeps, by both adapters and by y-indexeddb alone
       npm run bench -- console-typing [--records N] [--repeat N]
  first paint of the console, and its frames while somebody types, over 50,000 records in Chromium
       npm run bench -- memory-servers [--clients N] [--writes N] [--at-once N,…]
  clients that write at the same time, to the official MCP memory server and to ours`;

/** @throws Error that says what to type instead */
export function parseCommand(args: readonly string[]): Command {
  const { values, positionals } = parseArgs({
    // pnpm passes the `--` on that people type before flags.
    args: args.filter((arg) => arg !== '--'),
    allowPositionals: true,
    options: {
      repeat: { type: 'string' },
      peers: { type: 'string' },
      sizes: { type: 'string', default: DEFAULT_SIZES },
      check: { type: 'boolean', default: false },
      'write-baseline': { type: 'boolean', default: false },
    },
  });
  const repeat = Number(values.repeat ?? DEFAULT_REPEAT);
  if (!Number.isInteger(repeat) || repeat < 1) throw new Error('--repeat must be 1 or more.');
  if ((values.check || values['write-baseline']) && repeat < LEAST_REPETITIONS)
    throw new Error(`A baseline needs --repeat ${LEAST_REPETITIONS} or more.`);
  const sizes = values.sizes.split(',').map(Number);
  if (!sizes.every((size) => Number.isInteger(size) && size >= 1))
    throw new Error('--sizes must be numbers of records, with commas between them.');
  return {
    sizes,
    scenarios: pick('scenario', positionals, scenarioNames),
    subjects: pickSubjects(values.peers),
    repeat,
    check: values.check,
    writeBaseline: values['write-baseline'],
  };
}

function pickSubjects(peers: string | undefined): readonly SubjectName[] {
  const named = pick('peer', peers?.split(',') ?? [], subjectNames);
  return subjectNames.filter((name) => named.includes(name) || name.startsWith('mnemesh'));
}

function pick<T extends string>(
  what: string,
  named: readonly string[],
  known: readonly T[],
): readonly T[] {
  if (named.length === 0) return known;
  const unknown = named.find((name) => !(known as readonly string[]).includes(name));
  if (unknown !== undefined)
    throw new Error(`There is no ${what} "${unknown}". There are: ${known.join(', ')}.`);
  return known.filter((name) => named.includes(name));
}
