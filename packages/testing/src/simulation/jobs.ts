import { spawn } from 'node:child_process';
import { addReports, emptyReport, type RunReport } from './run-report.js';

export interface JobsOptions {
  /** The command that runs seeds: `main.js`. */
  readonly command: string;
  readonly from: number;
  readonly seeds: number;
  readonly jobs: number;
  /** Passed on to every process. */
  readonly args: readonly string[];
}

/** Splits seeds over processes, since one world keeps one core busy. What they say on the way is passed on. */
export async function runJobs(options: JobsOptions): Promise<RunReport> {
  const { command, jobs, args } = options;
  const end = options.from + options.seeds;
  const share = Math.ceil(options.seeds / jobs);
  const running: Promise<RunReport>[] = [];
  for (let from = options.from; from < end; from += share) {
    const seeds = Math.min(share, end - from);
    running.push(runJob(command, ['--from', `${from}`, '--seeds', `${seeds}`, ...args]));
  }
  return (await Promise.all(running)).reduce(addReports, emptyReport);
}

/** @throws Error when the process ends without a report */
function runJob(command: string, args: readonly string[]): Promise<RunReport> {
  return new Promise((resolve, reject) => {
    const job = spawn(process.execPath, [command, '--json', ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const output: string[] = [];
    job.stdout.setEncoding('utf8').on('data', (text: string) => output.push(text));
    job.on('error', reject);
    job.on('close', (code, signal) => {
      const line = output.join('').trim().split('\n').at(-1) ?? '';
      if (line.startsWith('{')) resolve(JSON.parse(line) as RunReport);
      else reject(new Error(`A process ended without a report: ${signal ?? `code ${code}`}.`));
    });
  });
}
