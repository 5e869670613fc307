import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { findHolder, openMesh } from '@mnemesh/open-mesh';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryDirectory } from '../integration/place.js';
import type { ClientOrder, ClientPlace, ClientReport } from '../mcp-clients/messages.js';

const MESH = 'team';
const CLIENTS = 8;
const ITEMS = 100;
const ENTITIES = 25;
const TIMEOUT_MS = 400_000;

const path = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

type ReportOf<Kind extends ClientReport['kind']> = Extract<ClientReport, { readonly kind: Kind }>;

/** A process that is an MCP client, and started a server of its own. */
class McpClientProcess {
  readonly acknowledged: ReportOf<'acknowledged'>[] = [];
  readonly refused: ReportOf<'refused'>[] = [];
  readonly #child: ChildProcess;
  readonly #onWrite: () => void;
  #reported: (report: ClientReport) => void = () => undefined;

  constructor(place: ClientPlace, onWrite: () => void) {
    this.#onWrite = onWrite;
    this.#child = fork(path('../dist/mcp-clients/client-process.js'), [JSON.stringify(place)]);
    this.#child.on('message', (report: ClientReport) => this.#receive(report));
    onTestFinished(() => {
      this.#child.kill('SIGKILL');
    });
  }

  reported<Kind extends ClientReport['kind']>(kind: Kind): Promise<ReportOf<Kind>> {
    return new Promise((resolve, reject) => {
      this.#child.once('exit', (code) => reject(new Error(`A client ended with ${code}.`)));
      this.#reported = (report) => {
        if (report.kind === kind) resolve(report as ReportOf<Kind>);
      };
    });
  }

  ask<Kind extends ClientReport['kind']>(order: ClientOrder, kind: Kind): Promise<ReportOf<Kind>> {
    const reported = this.reported(kind);
    this.#child.send(order);
    return reported;
  }

  #receive(report: ClientReport): void {
    if (report.kind === 'acknowledged') this.acknowledged.push(report);
    else if (report.kind === 'refused') this.refused.push(report);
    if (report.kind === 'acknowledged' || report.kind === 'refused') this.#onWrite();
    else this.#reported(report);
  }
}

test('8 MCP clients write 100 items and 25 entities each at once, and the holder is killed with -9 halfway: every acknowledged write is there once, for all of them [ND] [ID]', {
  timeout: TIMEOUT_MS,
}, async () => {
  const data = await temporaryDirectory();
  const holder = async (): Promise<number | undefined> => {
    const found = await findHolder(data, MESH);
    return found.state === 'alive' ? found.report.pid : undefined;
  };
  onTestFinished(async () => {
    const pid = await holder();
    if (pid !== undefined) process.kill(pid, 'SIGKILL');
  });
  const server = {
    command: process.execPath,
    args: [path('../../apps/cli/bin/mnemesh.js'), 'mcp', '--profile', 'default,memory'],
    env: { MNEMESH_DATA: data, MNEMESH_MESH: MESH, MNEMESH_RELAY: 'none' },
  };
  let answered = 0;
  let halfway: () => void = () => undefined;
  const half = new Promise<void>((resolve) => {
    halfway = resolve;
  });
  const clients = Array.from(
    { length: CLIENTS },
    (_, n) =>
      new McpClientProcess({ name: `client${n}`, server, atOnce: 8 }, () => {
        answered += 1;
        if (answered >= (CLIENTS * (ITEMS + ENTITIES)) / 2) halfway();
      }),
  );
  await Promise.all(clients.map((client) => client.reported('ready')));
  const wrote = clients.map((client, n) =>
    client.ask(
      {
        kind: 'write',
        writes: Array.from({ length: ITEMS + ENTITIES }, (_, i) => ({
          tool: i % 5 === 4 ? 'create_entities' : 'remember',
          text: `client${n} ${i}`,
        })),
      },
      'wrote',
    ),
  );
  await half;
  const first = await holder();
  process.kill(first as number, 'SIGKILL');
  await Promise.all(wrote);

  // It died among their writes; a dead holder is replaced, so nothing was refused.
  expect(clients.flatMap(({ refused }) => refused)).toEqual([]);
  expect(await holder()).not.toBe(first);
  const acknowledged = clients.flatMap((client) => client.acknowledged);
  expect(acknowledged).toHaveLength(CLIENTS * (ITEMS + ENTITIES));
  const items = acknowledged.filter(({ id }) => id !== undefined);
  const entities = acknowledged.filter(({ id }) => id === undefined).map(({ text }) => text);
  expect([items.length, entities.length]).toEqual([CLIENTS * ITEMS, CLIENTS * ENTITIES]);

  for (const client of clients) {
    const seen = await client.ask(
      { kind: 'look', ids: items.map(({ id }) => id as string) },
      'sees',
    );
    expect(seen.problem).toBeUndefined();
    expect(seen.items).toEqual(items.map(({ text }) => text));
    expect(seen.entities.map(({ name }) => name).sort()).toEqual([...entities].sort());
    for (const { name, observations } of seen.entities)
      expect(observations).toEqual([`seen by ${name}`]);
  }
  const mesh = await openMesh({ mesh: MESH, agent: 'reader', data, relay: 'none' });
  onTestFinished(() => mesh.close());
  const all = (await mesh.memory.list({ limit: 10_000 })).map(({ content }) => content);
  expect(all.sort()).toEqual(items.map(({ text }) => text).sort());
});
