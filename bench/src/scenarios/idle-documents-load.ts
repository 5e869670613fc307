import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, ClientDocument } from '../clients/client.js';
import { makeRecords } from '../data/records.js';
import { connected, type LoadWorld } from '../load/load-world.js';
import { until } from '../load/waiting.js';

/** Documents opening at the same time. */
const WAVE = 64;
/** Milliseconds for the last write of a wave to arrive where the protocol does not acknowledge. */
const ARRIVE_MS = 200;

export interface Touched {
  /** Documents of one group have names of their own. */
  readonly group: string;
  readonly count: number;
}

const nameOf = (group: string, n: number): string => `${group}-${n}`;

export interface Lookup {
  readonly group: string;
  readonly documents: readonly number[];
  readonly deadlineMs: number;
}

export function idleDocumentsSteps(world: LoadWorld) {
  let client: Client;
  return {
    /** Opens every document, writes one record to each, and stays connected. */
    async touch({ group, count }: Touched): Promise<number> {
      const start = performance.now();
      client = await world.client();
      const names = Array.from({ length: count }, (_, n) => nameOf(group, n));
      await touchWave(client, names.slice(0, WAVE), () => connected(client));
      for (let from = WAVE; from < count; from += WAVE)
        await touchWave(client, names.slice(from, from + WAVE), async () => undefined);
      await sleep(ARRIVE_MS);
      return performance.now() - start;
    },

    async leave(): Promise<void> {
      await client.close();
    },

    /** Of these documents, how many still hold their record. */
    async found({ group, documents, deadlineMs }: Lookup): Promise<number> {
      const reader = await world.client();
      const opened = await Promise.all(documents.map((n) => reader.open(nameOf(group, n))));
      await connected(reader);
      await until(opened, ({ size }) => size === 1, deadlineMs);
      return opened.filter(({ size }) => size === 1).length;
    },
  };
}

export type IdleDocumentsSteps = ReturnType<typeof idleDocumentsSteps>;

async function touchWave(
  client: Client,
  names: readonly string[],
  opened: () => Promise<void>,
): Promise<void> {
  const wave: ClientDocument[] = [];
  for (const name of names) {
    const document = await client.open(name);
    document.addAll(makeRecords(name, 1));
    wave.push(document);
  }
  await opened();
  await Promise.all(wave.map((document) => document.synced()));
  await Promise.all(wave.map((document) => document.acked?.()));
}
