import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** `mnemesh serve` in a process of its own. */
export class ServerProcess {
  readonly url: string;
  readonly pid: number | undefined;
  readonly #child: ChildProcess;
  readonly #gone: Promise<unknown>;

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.#gone = once(child, 'exit');
    // Should this process be ended before it closes the server.
    process.once('exit', () => child.kill('SIGTERM'));
    this.pid = child.pid;
    this.url = url;
  }

  /** @param port 0 picks a free one */
  static async start(data: string, port: number): Promise<ServerProcess> {
    const bin = fileURLToPath(new URL('../main.js', import.meta.url));
    const args = [bin, 'serve', '--json', '--port', String(port), '--data', data];
    const child = spawn(process.execPath, args, {
      detached: true,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines = createInterface({ input: child.stdout });
    const ended = once(child, 'exit').then(([code]) => {
      throw new Error(`The server did not start (exit code ${code}).`);
    });
    const [line] = (await Promise.race([once(lines, 'line'), ended])) as [string];
    ended.catch(() => undefined);
    return new ServerProcess(child, (JSON.parse(line) as { url: string }).url);
  }

  get ended(): Promise<unknown> {
    return this.#gone;
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGTERM');
    await this.#gone;
  }
}
