import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { LoadPlace, StepAnswer, Steps } from './messages.js';

const script = fileURLToPath(new URL('main.js', import.meta.url));
/** Megabytes of heap: hundreds of clients share this process. */
const HEAP_MB = 8_192;

/** A load generator in a process of its own, so that its work is not counted as the server's. */
export class LoadProcess<S extends Steps> {
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;

  constructor(place: LoadPlace) {
    this.#child = fork(script, [JSON.stringify(place)], {
      execArgv: [`--max-old-space-size=${HEAP_MB}`],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.#exited = once(this.#child, 'exit');
  }

  /** Does one step. Calls follow each other. */
  async call<K extends keyof S & string>(
    step: K,
    ...[input]: Parameters<S[K]>
  ): Promise<Awaited<ReturnType<S[K]>>> {
    const answer = once(this.#child, 'message');
    const died = this.#exited.then(() => {
      throw new Error(`The load generator ended during "${step}".`);
    });
    // A generator that ends later, as asked, has nobody to tell.
    died.catch(() => undefined);
    this.#child.send({ step, input });
    const [reply] = (await Promise.race([answer, died])) as [StepAnswer];
    if (reply.kind === 'failed') throw new Error(`Step "${step}": ${reply.error}`);
    return reply.output as Awaited<ReturnType<S[K]>>;
  }

  async end(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null)
      this.#child.kill('SIGKILL');
    await this.#exited;
  }
}
