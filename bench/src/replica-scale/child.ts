import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Milliseconds until a process that was told to stop is ended by force. */
const STOP_MS = 10_000;

/** One role of a run in a process of its own: asked by messages, answered by messages. */
export interface Child {
  readonly pid: number;
  /** Sends a request; resolves with the answer to it. One request at a time. */
  ask<Answer>(request: object): Promise<Answer>;
  /** Ends the process and waits for it. Idempotent. */
  stop(): Promise<void>;
}

/** @param role name of a `*-process` module beside this one */
export function startChild(role: string, cwd: string, flags: readonly string[] = []): Child {
  const module = fileURLToPath(new URL(`./${role}-process.js`, import.meta.url));
  const process = fork(module, [], {
    cwd,
    env: environment(),
    execArgv: ['--expose-gc', ...flags],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const ended = new Promise<void>((resolve) => process.once('exit', () => resolve()));
  return {
    pid: process.pid ?? 0,
    ask: (request) => ask(process, role, request),
    stop: async () => {
      if (process.connected) process.send({ kind: 'stop' });
      const force = setTimeout(() => process.kill('SIGKILL'), STOP_MS);
      await ended;
      clearTimeout(force);
    },
  };
}

function ask<Answer>(child: ChildProcess, role: string, request: object): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const died = (code: number | null): void =>
      reject(new Error(`The ${role} process ended with ${code} before it answered.`));
    child.once('exit', died);
    child.once('message', (answer: { readonly failed?: string }) => {
      child.off('exit', died);
      if (answer.failed === undefined) resolve(answer as Answer);
      else reject(new Error(`The ${role} process failed: ${answer.failed}`));
    });
    child.send(request);
  });
}

/** Settings of whoever runs the bench must not reach what is measured. */
function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('MNEMESH_')),
  );
}

/** The other end: answers requests until told to stop. */
export function answerRequests<Request extends { readonly kind: string }>(
  answer: (request: Request) => Promise<object>,
  stop: () => Promise<void> = async () => undefined,
): void {
  process.on('message', (request: Request | { readonly kind: 'stop' }) => {
    const done = request.kind === 'stop' ? stop().then(() => process.disconnect()) : reply(request);
    done.catch((error: unknown) => {
      console.error(error);
      process.exit(1);
    });
  });
  const reply = async (request: unknown): Promise<void> => {
    try {
      process.send?.(await answer(request as Request));
    } catch (error) {
      process.send?.({
        failed: error instanceof Error ? (error.stack ?? error.message) : String(error),
      });
    }
  };
}
