import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The built command that runs worlds; `npm test` builds before it runs this. */
const MAIN = fileURLToPath(
  new URL('../../packages/testing/dist/simulation/main.js', import.meta.url),
);
/** Bytes of output of one run: a few thousand failures with their reasons. */
const MAX_OUTPUT = 64 * 1024 * 1024;

export interface RunReport {
  readonly seeds: number;
  readonly failed: readonly { readonly seed: number; readonly failure: string }[];
  readonly totals: Readonly<Record<string, number>>;
}

/** Runs seeds in a process of its own, since one world keeps one core busy. */
export function runSeeds(args: readonly string[]): Promise<RunReport> {
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [MAIN, '--json', ...args],
      { maxBuffer: MAX_OUTPUT },
      (error, stdout, stderr) => {
        const line = stdout.trim().split('\n').at(-1) ?? '';
        if (line.startsWith('{')) resolve(JSON.parse(line) as RunReport);
        else reject(new Error(`The run ended without a report.\n${stderr}`, { cause: error }));
      },
    );
  });
}
