import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { ClientOrder, ClientPlace, ClientReport, PlannedWrite } from './messages.js';

type ReportOf<Kind extends ClientReport['kind']> = Extract<ClientReport, { readonly kind: Kind }>;

const SCRIPT = fileURLToPath(
  // Processes run built, whoever imports this from its source.
  new URL(
    import.meta.url.endsWith('.ts') ? '../dist/client-process.js' : './client-process.js',
    import.meta.url,
  ),
);

/** A process that is an MCP client, and starts a server of its own. */
export class ClientProcess {
  readonly acknowledged: ReportOf<'acknowledged'>[] = [];
  readonly refused: ReportOf<'refused'>[] = [];
  readonly ready: Promise<unknown>;
  readonly #child: ChildProcess;
  readonly #onAnswer: () => void;
  #reported: (report: ClientReport) => void = () => undefined;

  /** @param onAnswer called whenever a write was acknowledged or refused */
  constructor(place: ClientPlace, onAnswer: () => void = () => undefined) {
    this.#onAnswer = onAnswer;
    this.#child = fork(SCRIPT, [JSON.stringify(place)]);
    this.#child.on('message', (report: ClientReport) => this.#receive(report));
    this.ready = this.#next('ready');
  }

  /** Resolves when each was acknowledged or refused. */
  write(writes: readonly PlannedWrite[]): Promise<unknown> {
    return this.#ask({ kind: 'write', writes }, 'wrote');
  }

  /** The graph as its server gives it, and the items of these ids. */
  look(ids: readonly string[] = []): Promise<ReportOf<'sees'>> {
    return this.#ask({ kind: 'look', ids }, 'sees');
  }

  /** Lets the client go, and its server with it. */
  async end(): Promise<void> {
    const ended = new Promise<void>((resolve) => this.#child.once('exit', () => resolve()));
    this.#child.send({ kind: 'end' } satisfies ClientOrder);
    await ended;
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #ask<Kind extends ClientReport['kind']>(order: ClientOrder, kind: Kind): Promise<ReportOf<Kind>> {
    const reported = this.#next(kind);
    this.#child.send(order);
    return reported;
  }

  #next<Kind extends ClientReport['kind']>(kind: Kind): Promise<ReportOf<Kind>> {
    return new Promise((resolve, reject) => {
      this.#child.once('exit', (code) => reject(new Error(`A client ended with ${code}.`)));
      this.#reported = (report) => {
        if (report.kind === kind) resolve(report as ReportOf<Kind>);
      };
    });
  }

  #receive(report: ClientReport): void {
    if (report.kind === 'acknowledged') this.acknowledged.push(report);
    else if (report.kind === 'refused') this.refused.push(report);
    if (report.kind === 'acknowledged' || report.kind === 'refused') this.#onAnswer();
    else this.#reported(report);
  }
}
