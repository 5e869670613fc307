import { createServer } from 'node:net';
import { toHex } from '@mnemesh/protocol';
import type { SeededRandom } from '@mnemesh/testing';
import { runtime, temporaryDirectory } from '../integration/place.js';
import type { RelayPlace, Report, Step, WriterPlace } from '../processes/messages.js';
import { Child } from './child.js';
import { Claims } from './claims.js';

/** Below the ports that systems hand out, so that nobody takes the relay's while it is dead. */
const PORTS = { low: 20_000, high: 30_000 };

/** One relay that dies again and again, and the writers that push to it all the while. */
export class RelayUnderFire {
  readonly directory: string;
  readonly port: number;
  readonly acked = new Claims();
  readonly #faults: Pick<RelayPlace, 'ackEarlyMs'>;
  readonly #writers: Child[] = [];
  #relay: Child | undefined;
  #onAck: () => void = () => undefined;

  constructor(directory: string, port: number, faults: Pick<RelayPlace, 'ackEarlyMs'> = {}) {
    this.directory = directory;
    this.port = port;
    this.#faults = faults;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}`;
  }

  /** Starts the relay's process; `listening` says when it takes links. */
  spawn(): Child {
    const place: RelayPlace = { directory: this.directory, port: this.port, ...this.#faults };
    this.#relay = Child.start({ entry: 'relay', place });
    return this.#relay;
  }

  async addWriter(name: string, plan: readonly Step[]): Promise<void> {
    const place: WriterPlace = {
      directory: await temporaryDirectory(),
      name,
      agentSeed: toHex(runtime.randomBytes(32)),
      url: this.url,
      plan,
    };
    this.#writers.push(
      Child.start({ entry: 'writer', place, onReport: (report) => this.#heard(report) }),
    );
  }

  /** Gives every writer so many steps to do. */
  letWrite(steps: number): void {
    for (const writer of this.#writers) writer.order({ kind: 'steps', count: steps });
  }

  /** Resolves when the writers have reported so many acks more. */
  nextAcks(count: number): Promise<void> {
    const enough = this.acked.made + count;
    return new Promise((resolve) => {
      this.#onAck = () => {
        if (this.acked.made >= enough) resolve();
      };
    });
  }

  async kill(): Promise<void> {
    await this.#relay?.kill();
  }

  /** Resolves when every writer has noticed that the relay is gone. @returns writes on their way when it died */
  async unlinked(): Promise<number> {
    const answers = await Promise.all(
      this.#writers.map((writer) => writer.ask({ kind: 'unlinked' }, 'unlinked')),
    );
    return answers.reduce((sum, { unacked }) => sum + unacked, 0);
  }

  /** Lets the writers finish: everything they saved is acked when it resolves. */
  async finish(): Promise<void> {
    await Promise.all(this.#writers.map((writer) => writer.ask({ kind: 'stop' }, 'stopped')));
    await Promise.all(this.#writers.map((writer) => writer.close()));
  }

  #heard(report: Report): void {
    // A writer tells of a record it is about to forget when it saves, before any ack of that.
    if (report.kind === 'saved') {
      this.acked.add(report.claims.filter(({ kind }) => kind === 'released'));
    }
    if (report.kind !== 'acked') return;
    this.acked.add(report.claims);
    this.#onAck();
  }
}

export async function freePort(random: SeededRandom): Promise<number> {
  for (;;) {
    const port = random.between(PORTS.low, PORTS.high);
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
