import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Server, serve } from '@mnemesh/server';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Client } from '../src/clients/client.js';
import { LoadWorld } from '../src/load/load-world.js';
import { until } from '../src/load/waiting.js';
import { reconnectSteps } from '../src/scenarios/reconnect-load.js';

const CLIENTS = 3;
const DEADLINE_MS = 30_000;

describe('what the return of replicas took', () => {
  it('counts who was back before anybody looked, and what passes after all are up to date', async () => {
    const { world, restarted } = await worldWithRelay();
    const steps = reconnectSteps(world);
    await steps.prepare({ clients: CLIENTS, documents: 2, deadlineMs: DEADLINE_MS });
    const witness = await world.online('reconnect-1');
    await restarted(async () => steps.change(1));
    await until([witness.document], ({ size }) => size === 2, DEADLINE_MS);

    const { complete } = await steps.comeBack(DEADLINE_MS);
    const then = await steps.returned();
    expect(complete).toBe(true);
    expect(then.openedMs).toHaveLength(CLIENTS);
    expect(then.openedMs[0]).toBe(0);

    witness.document.addAll([{ id: 'late', text: JSON.stringify({ id: 'late' }) }]);
    await until(
      [(await world.online('reconnect-1')).document],
      ({ size }) => size === 3,
      DEADLINE_MS,
    );
    expect((await steps.returned()).bytes).toBeGreaterThan(then.bytes);
  });

  it('waits for every document that changed', async () => {
    const { world, restarted } = await worldWithRelay();
    const steps = reconnectSteps(world);
    await steps.prepare({ clients: CLIENTS, documents: 2, deadlineMs: DEADLINE_MS });
    await restarted(async () => steps.change(2));
    const { complete } = await steps.comeBack(DEADLINE_MS);

    expect(complete).toBe(true);
    const { document } = await world.online('reconnect-0');
    expect(document.size).toBe(2);
  });
});

/** Its clients end with the test; those of a load process are killed with it. */
class EndingWorld extends LoadWorld {
  readonly #clients: Client[] = [];

  override async client(url?: string): Promise<Client> {
    const client = await super.client(url);
    this.#clients.push(client);
    return client;
  }

  async end(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()));
  }
}

/** A relay that can go away and come back, on the same port and data. */
async function worldWithRelay() {
  const directory = mkdtempSync(join(tmpdir(), 'mnemesh-bench-test-'));
  const start = (port: number): Promise<Server> =>
    serve({ host: '127.0.0.1', port, data: join(directory, 'server') });
  let server = await start(0);
  const port = Number(new URL(server.url).port);
  const place = { client: 'mesh', scenario: 's8', url: server.url.replace(/^http/, 'ws') } as const;
  const world = new EndingWorld({ ...place, directory: join(directory, 'clients') });
  onTestFinished(async () => {
    await world.end();
    await server.close();
    rmSync(directory, { recursive: true, force: true });
  });
  return {
    world,
    async restarted(meanwhile: () => Promise<void>): Promise<void> {
      await server.close();
      await meanwhile();
      server = await start(port);
    },
  };
}
