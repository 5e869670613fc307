import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClientProcess } from '@mnemesh/mcp-clients';
import type { MemorySubject } from './subjects.js';

export interface Load {
  readonly clients: number;
  /** Calls of `create_entities` that each client makes. */
  readonly writes: number;
  /** Of them under way at the same time. */
  readonly atOnce: number;
}

export interface Outcome {
  readonly acknowledged: number;
  readonly refused: number;
  /** Acknowledged entities that every client finds once, with their observation. */
  readonly kept: number;
  readonly lost: number;
  /** Entities that some client finds more than once. */
  readonly twice: number;
  /** Clients whose server cannot read its store any more. */
  readonly unreadable: number;
  readonly seconds: number;
  /** Whether the process that the clients share was killed with -9 halfway. */
  readonly killed: boolean;
}

/** Lets clients write at the same time, each through a server process of its own on one store, and looks what is there. */
export async function measure(subject: MemorySubject, load: Load): Promise<Outcome> {
  const directory = mkdtempSync(join(tmpdir(), 'mnemesh-memory-'));
  let answered = 0;
  let halfway: () => void = () => undefined;
  const half = new Promise<void>((resolve) => {
    halfway = resolve;
  });
  const clients = Array.from({ length: load.clients }, (_, n) => {
    const place = { name: `client${n}`, server: subject.command(directory), atOnce: load.atOnce };
    return new ClientProcess(place, () => {
      answered += 1;
      if (answered >= (load.clients * load.writes) / 2) halfway();
    });
  });
  try {
    await Promise.all(clients.map(({ ready }) => ready));
    const began = performance.now();
    const wrote = clients.map((client, n) =>
      client.write(
        Array.from({ length: load.writes }, (_, i) => ({
          tool: 'create_entities' as const,
          text: `client${n} ${i}`,
        })),
      ),
    );
    await half;
    const shared = await subject.shared?.(directory);
    if (shared !== undefined) process.kill(shared, 'SIGKILL');
    await Promise.all(wrote);
    const seconds = (performance.now() - began) / 1_000;
    const looks = [];
    for (const client of clients) looks.push(await client.look());
    const outcome = judged(clients, looks);
    await Promise.all(clients.map((client) => client.end()));
    return { ...outcome, seconds, killed: shared !== undefined };
  } finally {
    for (const client of clients) client.kill();
    const left = await subject.shared?.(directory);
    if (left !== undefined) process.kill(left, 'SIGKILL');
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

type Look = Awaited<ReturnType<ClientProcess['look']>>;

function judged(
  clients: readonly ClientProcess[],
  looks: readonly Look[],
): Omit<Outcome, 'seconds' | 'killed'> {
  const acknowledged = clients.flatMap((client) => client.acknowledged.map(({ text }) => text));
  const counts = looks.map(({ entities }) => {
    const count = new Map<string, number>();
    for (const { name, observations } of entities)
      if (observations.includes(`seen by ${name}`)) count.set(name, (count.get(name) ?? 0) + 1);
    return count;
  });
  const everywhere = (text: string, is: (times: number) => boolean): boolean =>
    counts.every((count) => is(count.get(text) ?? 0));
  const kept = acknowledged.filter((text) => everywhere(text, (times) => times === 1)).length;
  const lost = acknowledged.filter((text) => !everywhere(text, (times) => times >= 1)).length;
  return {
    acknowledged: acknowledged.length,
    refused: clients.reduce((sum, { refused }) => sum + refused.length, 0),
    kept,
    lost,
    twice: acknowledged.length - kept - lost,
    unreadable: looks.filter(({ problem }) => problem !== undefined).length,
  };
}
