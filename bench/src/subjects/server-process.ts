import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { MemoryAnswer } from '../measure/memory-answer.js';
import { type ProcessUsage, usageOf } from '../measure/process-usage.js';
import type { Subject } from './subject.js';

/** Milliseconds a server may take until it listens. */
const START_MS = 30_000;
/** Milliseconds a server gets to end in order before it is killed. */
const STOP_MS = 30_000;
/** Milliseconds between attempts to reach a server that starts. */
const KNOCK_MS = 5;
/** Characters of a server's complaints that are kept. */
const COMPLAINT_CHARS = 4_000;

const probe = new URL('../measure/probe.js', import.meta.url).href;

/** A server of a subject, in a process of its own. */
export class ServerProcess {
  readonly #subject: Subject;
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  readonly url: string;
  readonly port: number;
  #complaints = '';

  private constructor(subject: Subject, port: number, directory: string) {
    this.#subject = subject;
    this.port = port;
    this.url = subject.url(port);
    const { script, env } = subject.server({ port, directory });
    this.#child = fork(script, [], {
      execArgv: ['--expose-gc', `--import=${probe}`],
      env: { ...process.env, ...env },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#exited = once(this.#child, 'exit');
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#complaints = (this.#complaints + chunk.toString()).slice(-COMPLAINT_CHARS);
    });
  }

  /** Resolves when it listens. */
  static async start(subject: Subject, port: number, directory: string): Promise<ServerProcess> {
    const server = new ServerProcess(subject, port, directory);
    const deadline = performance.now() + START_MS;
    while (!(await answers(port))) {
      if (server.#ended || performance.now() > deadline) {
        await server.kill();
        throw new Error(`${subject.name} does not listen: ${server.#complaints}`);
      }
      await sleep(KNOCK_MS);
    }
    return server;
  }

  get usage(): ProcessUsage {
    if (this.#ended) throw new Error(`${this.#subject.name} ended: ${this.#complaints}`);
    return usageOf(this.#child.pid as number);
  }

  /** What it holds after a forced collection. */
  async memory(): Promise<MemoryAnswer> {
    const answer = once(this.#child, 'message');
    this.#child.send('memory');
    return (await answer)[0] as MemoryAnswer;
  }

  /** Ends it in order. @returns whether it did within its time */
  async stop(): Promise<boolean> {
    if (this.#ended) return true;
    this.#child.kill('SIGTERM');
    const inTime = await Promise.race([
      this.#exited.then(() => true),
      sleep(STOP_MS, false, { ref: false }),
    ]);
    if (!inTime) await this.kill();
    return inTime;
  }

  /** `kill -9`. */
  async kill(): Promise<void> {
    if (!this.#ended) this.#child.kill('SIGKILL');
    await this.#exited;
  }

  get #ended(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
