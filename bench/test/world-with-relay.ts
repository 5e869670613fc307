import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Server, serve } from '@mnemesh/server';
import { onTestFinished } from 'vitest';
import type { Client } from '../src/clients/client.js';
import { LoadWorld } from '../src/load/load-world.js';

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
export async function worldWithRelay(scenario: string) {
  const directory = mkdtempSync(join(tmpdir(), 'mnemesh-bench-test-'));
  const start = (port: number): Promise<Server> =>
    serve({ host: '127.0.0.1', port, data: join(directory, 'server') });
  let server = await start(0);
  const port = Number(new URL(server.url).port);
  const place = { client: 'mesh', scenario, url: server.url.replace(/^http/, 'ws') } as const;
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
