import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LoadProcess } from './load/load-process.js';
import type { Steps } from './load/messages.js';
import type { Measured, Run, Scenario } from './scenarios/scenario.js';
import { ServerProcess } from './subjects/server-process.js';
import type { ServerPlace, Subject } from './subjects/subject.js';

/** Milliseconds after which a run is given up. */
const RUN_MS = 600_000;

export type Outcome = { readonly measured: Measured } | { readonly failed: string };

/** One repetition: fresh processes and folders, and nothing of them left afterwards. */
export async function runOnce(
  scenario: Scenario,
  subject: Subject,
  repetition: number,
  runMs = RUN_MS,
): Promise<Outcome> {
  const directory = await mkdtemp(join(tmpdir(), 'mnemesh-bench-'));
  const place = { directory, port: await freePort() };
  const run = new BenchRun(scenario, subject, repetition, place);
  try {
    await mkdir(run.data);
    return { measured: await within(runMs, scenario.measure(run)) };
  } catch (error) {
    return { failed: error instanceof Error ? error.message : String(error) };
  } finally {
    await run.end();
    await rm(directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** What is measured goes on when its time is over: nobody can stop it, and nobody waits for it. */
async function within<T>(runMs: number, measuring: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`Not done after ${runMs / 1000} seconds.`)), runMs);
  });
  return Promise.race([measuring, late]).finally(() => clearTimeout(timer));
}

class BenchRun implements Run {
  readonly subject: Subject;
  readonly repetition: number;
  readonly data: string;
  readonly #scenario: Scenario;
  readonly #place: ServerPlace;
  readonly #servers: Promise<ServerProcess>[] = [];
  readonly #loads: LoadProcess<Steps>[] = [];
  #ended = false;

  constructor(scenario: Scenario, subject: Subject, repetition: number, place: ServerPlace) {
    this.subject = subject;
    this.repetition = repetition;
    this.data = join(place.directory, 'server');
    this.#scenario = scenario;
    this.#place = place;
  }

  async startServer(): Promise<ServerProcess> {
    this.#mustGoOn();
    const server = ServerProcess.start(this.subject, this.#place.port, this.data);
    this.#servers.push(server);
    return server;
  }

  startLoad<S extends Steps>(): LoadProcess<S> {
    this.#mustGoOn();
    const { name } = this.#scenario;
    const { client, url } = this.subject;
    const { port, directory: place } = this.#place;
    const directory = join(place, 'clients');
    const load = new LoadProcess<S>({ client, scenario: name, url: url(port), directory });
    this.#loads.push(load as unknown as LoadProcess<Steps>);
    return load;
  }

  /** Also ends a server that is still starting. */
  async end(): Promise<void> {
    this.#ended = true;
    await Promise.all(this.#loads.map((load) => load.end()));
    const servers = await Promise.allSettled(this.#servers);
    await Promise.all(
      servers.map((server) => (server.status === 'fulfilled' ? server.value.kill() : undefined)),
    );
  }

  /** The scenario of a run that was given up goes on, and what it started then would disturb the next. */
  #mustGoOn(): void {
    if (this.#ended) throw new Error('This run has ended: nothing more can be started in it.');
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
