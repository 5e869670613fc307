import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type AgentIdentity,
  createAgent,
  type Mesh,
  openReplica,
  type ReplicaOptions,
} from '@mnemesh/core';
import type { Runtime } from '@mnemesh/protocol';
import { lexicalRecall } from '@mnemesh/recall';
import {
  openSqliteUpdateLog,
  Relay,
  type RelayOptions,
  type RelayServer,
  serveRelay,
} from '@mnemesh/relay';
import { nodeRuntime, nodeSignatures } from '@mnemesh/runtime-node';
import { openSqliteStore } from '@mnemesh/storage-sqlite';
import { websocketTransport } from '@mnemesh/transport-websocket';
import { onTestFinished } from 'vitest';

export const runtime: Runtime = nodeRuntime({ log: () => undefined });
export const signatures = nodeSignatures;

/** A directory that goes away with the test. */
export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'mnemesh-test-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true, maxRetries: 10 }));
  return directory;
}

export interface StartedRelay extends RelayServer {
  readonly relay: Relay;
}

/** A relay on this machine, on a free port unless one is given, stored in `directory`. */
export async function startRelay(
  directory: string,
  port = 0,
  options: Pick<RelayOptions, 'proseLimits'> = {},
): Promise<StartedRelay> {
  const log = await openSqliteUpdateLog({ directory, runtime });
  const relay = new Relay({ log, runtime, signatures, ...options });
  const server = await serveRelay({ relay, host: '127.0.0.1', port });
  const close = async (): Promise<void> => {
    await server.close();
    await log.close();
  };
  onTestFinished(close);
  return { ...server, relay, close };
}

/** A replica with one agent, stored in `directory`, linked to the relay at `url` if there is one. */
export async function startReplica(
  directory: string,
  name: string,
  url?: string,
  options: Partial<ReplicaOptions & { readonly agent: AgentIdentity }> = {},
): Promise<Mesh> {
  const mesh = await openReplica({
    mesh: 'team',
    agent: await createAgent(runtime, signatures, name),
    store: openSqliteStore({ directory, runtime }),
    transports: url === undefined ? [] : [websocketTransport({ url, runtime })],
    runtime,
    signatures,
    recall: lexicalRecall(),
    ...options,
  });
  onTestFinished(() => mesh.close());
  return mesh;
}

/** Contents of the memory items that a mesh shows, sorted. */
export async function contentsOf(mesh: Mesh, namespace = 'shared/memory'): Promise<string[]> {
  const items = await mesh.memory.in(namespace).list({ limit: 10_000 });
  return items.map(({ content }) => content).sort();
}

/** Resolves when both ends of every link of this mesh hold the same. */
export function inSync(mesh: Mesh): Promise<void> {
  return new Promise((resolve) => {
    if (mesh.status.synced) {
      resolve();
      return;
    }
    const stop = mesh.onStatus(({ synced }) => {
      if (!synced) return;
      stop();
      resolve();
    });
  });
}
