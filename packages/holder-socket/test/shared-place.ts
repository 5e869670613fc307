import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AgentIdentity, agentFromSeed, type Mesh, Replica } from '@mnemesh/core';
import { lexicalRecall } from '@mnemesh/recall';
import { nodeRuntime, nodeSignatures } from '@mnemesh/runtime-node';
import { openSqliteStore } from '@mnemesh/storage-sqlite';
import { onTestFinished } from 'vitest';
import { openShared, type SharedOptions, socketPlace } from '../src/index.js';

export const MESH = 'atlas';
export const runtime = nodeRuntime();

/** A data directory that goes away with the test. */
export async function temporaryPlace(): Promise<string> {
  const place = await realpath(await mkdtemp(join(tmpdir(), 'mnemesh-test-')));
  onTestFinished(() => rm(place, { recursive: true, force: true }));
  return place;
}

/** The agent of this name: its seed is made of its name. */
export function agentNamed(name: string): Promise<AgentIdentity> {
  return agentFromSeed(nodeSignatures, name, new TextEncoder().encode(name.padEnd(32)));
}

export async function sharedOptions(
  data: string,
  agent: string,
  options: Partial<SharedOptions> = {},
): Promise<SharedOptions> {
  return {
    mesh: MESH,
    agent: await agentNamed(agent),
    data,
    openReplica: () =>
      Replica.open({
        mesh: MESH,
        store: openSqliteStore({ directory: join(data, 'replicas'), runtime }),
        runtime,
        signatures: nodeSignatures,
        recall: lexicalRecall(),
      }),
    agentNamed,
    runtime,
    ...options,
  };
}

/** A session at the replica in `data`, closed with the test. */
export async function openAt(
  data: string,
  agent: string,
  options: Partial<SharedOptions> = {},
): Promise<Mesh> {
  const mesh = await openShared(await sharedOptions(data, agent, options));
  onTestFinished(() => mesh.close());
  return mesh;
}

export function placeOf(data: string) {
  return socketPlace(data, MESH);
}
