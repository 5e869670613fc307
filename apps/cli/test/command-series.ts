import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';
import type { Place } from './run-command.js';

const RUN = new URL('../dist/command-line/run.js', import.meta.url).href;

/** Runs each call that it is sent, and answers with what it printed. */
const SERIES = `
  const { runCommandLine } = await import(process.argv[1]);
  let out = '';
  let err = '';
  process.stdout.write = (text) => { out += text; return true; };
  process.stderr.write = (text) => { err += text; return true; };
  process.on('message', async (args) => {
    out = err = '';
    const code = await runCommandLine(args);
    process.send({ code, out, err });
  });
  process.send('ready');
`;

export interface SeriesAnswer {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** One process that runs calls of the built command one after another, each with a mesh that it opens and closes. */
export class CommandSeries {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static async begin({ cwd, env }: Place): Promise<CommandSeries> {
    const { PATH = '' } = process.env;
    const child = spawn(process.execPath, ['--input-type=module', '-e', SERIES, RUN], {
      cwd,
      env: { PATH, HOME: cwd, ...env },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    onTestFinished(async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    });
    await once(child, 'message');
    return new CommandSeries(child);
  }

  async run(args: readonly string[]): Promise<SeriesAnswer> {
    const answered = once(this.#child, 'message');
    this.#child.send(args);
    const [answer] = (await answered) as [SeriesAnswer];
    return answer;
  }
}
