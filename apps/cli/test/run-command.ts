import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const BIN = fileURLToPath(new URL('../bin/mnemesh.js', import.meta.url));

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
  /** Standard output as JSON. */
  json<T>(): T;
}

export interface Place {
  /** Working directory. */
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
}

function start(place: Place, args: readonly string[]): ChildProcess {
  const { PATH = '' } = process.env;
  return spawn(process.execPath, [BIN, ...args], {
    cwd: place.cwd,
    // Nothing of the surroundings: settings and colors come from the test alone.
    env: { PATH, HOME: place.cwd, ...place.env },
    stdio: 'pipe',
  });
}

/** Runs the built command to its end. */
export async function run(place: Place, args: readonly string[], input = ''): Promise<Ran> {
  const child = start(place, args);
  // One that never ends must not outlive its test.
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  let out = '';
  let err = '';
  child.stdout?.on('data', (data) => {
    out += data;
  });
  child.stderr?.on('data', (data) => {
    err += data;
  });
  child.stdin?.end(input);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out, err, json: <T>() => JSON.parse(out) as T };
}

export interface Running {
  readonly pid: number | undefined;
  nextLine(): Promise<string>;
  /** Ctrl-C; resolves to the exit code. */
  interrupt(): Promise<number | null>;
}

/** Starts a command that runs until it is interrupted. */
export function runOn(place: Place, args: readonly string[]): Running {
  const child = start(place, args);
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })[
    Symbol.asyncIterator
  ]();
  const closed = once(child, 'close');
  const interrupt = async (): Promise<number | null> => {
    child.kill('SIGINT');
    const [code] = (await closed) as [number | null];
    return code;
  };
  onTestFinished(async () => {
    await interrupt();
  });
  return {
    pid: child.pid,
    nextLine: async () => (await lines.next()).value as string,
    interrupt,
  };
}

/** A relay of its own for one test. */
export async function startRelay(place: Place): Promise<Running & { readonly url: string }> {
  const server = runOn(place, ['serve', '--json', '--port', '0', '--data', `${place.cwd}/server`]);
  const { url } = JSON.parse(await server.nextLine()) as { url: string };
  return { ...server, url };
}
