import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import type { Order, Report } from '../processes/messages.js';

type ReportOf<Kind extends Report['kind']> = Extract<Report, { readonly kind: Kind }>;

export interface ChildOptions {
  readonly entry: 'relay' | 'writer' | 'sharer';
  /** What the process finds as its place. */
  readonly place: object;
  readonly onReport?: (report: Report) => void;
  /** A command that runs the process, with its arguments: `strace -f …`. */
  readonly under?: readonly string[];
}

/** A process of its own, built from `test/processes`. */
export class Child {
  readonly #child: ChildProcess;
  readonly #name: string;
  readonly #gone: Promise<unknown>;
  readonly #reports: Report[] = [];
  readonly #onReport: (report: Report) => void;
  #reported: () => void = () => undefined;
  #ended = false;

  private constructor({ entry, place, onReport = () => undefined, under = [] }: ChildOptions) {
    this.#name = `${entry} process`;
    this.#onReport = onReport;
    const command = [...under, process.execPath, builtFile(entry), JSON.stringify(place)];
    this.#child = spawn(command[0] as string, command.slice(1), {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#child.on('message', (report: Report) => this.#receive(report));
    // What it had sent is still delivered after its end, and before `disconnect`.
    this.#gone = Promise.all([once(this.#child, 'exit'), once(this.#child, 'disconnect')]).then(
      () => this.#end(),
    );
  }

  static start(options: ChildOptions): Child {
    const child = new Child(options);
    onTestFinished(() => child.kill());
    return child;
  }

  /** The first report of this kind, whether it has come or is to come. */
  async reported<Kind extends Report['kind']>(kind: Kind): Promise<ReportOf<Kind>> {
    for (;;) {
      const found = this.#reports.find((report) => report.kind === kind);
      if (found !== undefined) return found as ReportOf<Kind>;
      if (this.#ended) throw new Error(`The ${this.#name} ended before it reported "${kind}".`);
      await new Promise<void>((resolve) => {
        this.#reported = resolve;
      });
    }
  }

  order(order: Order): void {
    this.#child.send(order);
  }

  /** Sends an order and resolves with its answer. */
  async ask<Kind extends 'unlinked' | 'stopped' | 'burst' | 'sees'>(
    order: Order,
    answer: Kind,
  ): Promise<ReportOf<Kind>> {
    const before = this.#reports.findIndex((report) => report.kind === answer);
    if (before >= 0) this.#reports.splice(before, 1);
    this.order(order);
    return this.reported(answer);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** `kill -9`. Resolves when the process is gone and everything it reported was received. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#gone;
  }

  /** Lets the process close in order. */
  async close(): Promise<void> {
    if (this.#ended) return;
    this.order({ kind: 'close' });
    await this.#gone;
    if (this.#child.exitCode !== 0) {
      throw new Error(`The ${this.#name} ended with ${this.#child.exitCode}.`);
    }
  }

  #receive(report: Report): void {
    // Those that come by the thousand are for `onReport` alone.
    if (report.kind !== 'saved' && report.kind !== 'acked' && report.kind !== 'wrote')
      this.#reports.push(report);
    this.#onReport(report);
    this.#reported();
  }

  #end(): void {
    this.#ended = true;
    this.#reported();
  }
}

function builtFile(entry: string): string {
  const file = fileURLToPath(new URL(`../dist/processes/${entry}-process.js`, import.meta.url));
  if (!existsSync(file)) {
    throw new Error(`${file} is not built. Run "npm test", or "npx tsc -b" before vitest.`);
  }
  return file;
}
