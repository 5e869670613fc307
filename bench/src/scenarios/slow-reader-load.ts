import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientDocument } from '../clients/client.js';
import type { LoadWorld, OpenDocument } from '../load/load-world.js';
import { until } from '../load/waiting.js';
import { quantile } from '../measure/summary.js';

const ROOM = 'slow';
/** Milliseconds for the last values to arrive. */
const ARRIVE_MS = 2_000;

export interface Beating {
  /** Marks the values of one run. */
  readonly run: string;
  readonly values: number;
  readonly everyMs: number;
  readonly bytes: number;
}

export function slowReaderSteps(world: LoadWorld) {
  let writer: OpenDocument;
  let slow: OpenDocument;
  const readers: OpenDocument[] = [];
  return {
    async connect(clients: number): Promise<void> {
      writer = await world.online(ROOM);
      while (readers.length < clients - 2) readers.push(await world.online(ROOM));
      slow = await world.online(ROOM);
    },

    async stopReading(): Promise<void> {
      slow.client.stopReading();
    },

    /** The slow client goes on, and has caught up when this resolves. */
    async readAgain(deadlineMs: number): Promise<boolean> {
      slow.client.readAgain();
      const newest = writer.document.get('value');
      return until([slow.document], (document) => document.get('value') === newest, deadlineMs);
    },

    /** One client overwrites a value at a steady pace. @returns milliseconds until the others showed it */
    async beat(order: Beating) {
      const arrivals = new Arrivals(readers.map(({ document }) => document));
      const padding = 'x'.repeat(order.bytes);
      const start = performance.now();
      for (let n = 0; n < order.values; n++) {
        await sleep(Math.max(0, start + n * order.everyMs - performance.now()));
        const value = `${order.run} ${n} ${padding}`;
        arrivals.sent(value);
        writer.document.set('value', value);
      }
      await sleep(ARRIVE_MS);
      return arrivals.end(order.values);
    },
  };
}

export type SlowReaderSteps = ReturnType<typeof slowReaderSteps>;

/** When each reader first showed each value, or a later one. */
class Arrivals {
  readonly #sentAt: number[] = [];
  readonly #values = new Map<string, number>();
  readonly #shown: number[];
  readonly #times: number[] = [];
  readonly #stops: readonly (() => void)[];

  constructor(readers: readonly ClientDocument[]) {
    this.#shown = readers.map(() => 0);
    this.#stops = readers.map((document, reader) =>
      document.onChange(() => this.#look(document, reader)),
    );
  }

  sent(value: string): void {
    this.#values.set(value, this.#sentAt.length);
    this.#sentAt.push(performance.now());
  }

  end(values: number) {
    for (const stop of this.#stops) stop();
    const sorted = this.#times.sort((a, b) => a - b);
    const missing = this.#shown.reduce((sum, shown) => sum + values - shown, 0);
    return { p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99), missing };
  }

  #look(document: ClientDocument, reader: number): void {
    const number = this.#values.get(document.get('value') ?? '');
    if (number === undefined) return;
    const now = performance.now();
    for (let n = this.#shown[reader] as number; n <= number; n++)
      this.#times.push(now - (this.#sentAt[n] as number));
    this.#shown[reader] = Math.max(this.#shown[reader] as number, number + 1);
  }
}
