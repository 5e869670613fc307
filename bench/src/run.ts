import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LoadProcess } from './load/load-process.js';
import type { Steps } from './load/messages.js';
import type { Measured, Run, Scenario } from './scenarios/scenario.js';
import { ServerProcess } from './subjects/server-process.js';
import type { Subject } from './subjects/subject.js';

/** Milliseconds after which a run is given up. */
const RUN_MS = 600_000;

export type Outcome = { readonly measured: Measured } | { readonly failed: string };

/** One repetition: fresh processes and folders, and nothing of them left afterwards. */
export async function runOnce(scenario: Scenario, subject: Subject): Promise<Outcome> {
  const directory = await mkdtemp(join(tmpdir(), 'mnemesh-bench-'));
  const run = new BenchRun(scenario, subject, directory, await freePort());
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`Not done after ${RUN_MS / 1000} seconds.`)), RUN_MS);
  });
  try {
    await mkdir(run.data);
    return { measured: await Promise.race([scenario.measure(run), late]) };
  } catch (error) {
    return { failed: error instanceof Error ? error.message : String(error) };
  } finally {
    clearTimeout(timer);
    await run.end();
    await rm(directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

class BenchRun implements Run {
  readonly subject: Subject;
  readonly data: string;
  readonly #scenario: Scenario;
  readonly #directory: string;
  readonly #port: number;
  readonly #servers: ServerProcess[] = [];
  readonly #loads: LoadProcess<Steps>[] = [];

  constructor(scenario: Scenario, subject: Subject, directory: string, port: number) {
    this.subject = subject;
    this.data = join(directory, 'server');
    this.#scenario = scenario;
    this.#directory = directory;
    this.#port = port;
  }

  async startServer(): Promise<ServerProcess> {
    const server = await ServerProcess.start(this.subject, this.#port, this.data);
    this.#servers.push(server);
    return server;
  }

  startLoad<S extends Steps>(): LoadProcess<S> {
    const { name } = this.#scenario;
    const { client, url } = this.subject;
    const directory = join(this.#directory, 'clients');
    const load = new LoadProcess<S>({ client, scenario: name, url: url(this.#port), directory });
    this.#loads.push(load as unknown as LoadProcess<Steps>);
    return load;
  }

  async end(): Promise<void> {
    await Promise.all(this.#loads.map((load) => load.end()));
    await Promise.all(this.#servers.map((server) => server.kill()));
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' ? (address?.port ?? 0) : 0));
    });
  });
}
