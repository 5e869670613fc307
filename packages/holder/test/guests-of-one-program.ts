import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AgentIdentity, agentFromSeed, type Mesh, Replica } from '@mnemesh/core';
import { type MeshId, MnemeshError } from '@mnemesh/protocol';
import { lexicalRecall } from '@mnemesh/recall';
import { nodeRuntime, nodeSignatures } from '@mnemesh/runtime-node';
import { openSqliteStore } from '@mnemesh/storage-sqlite';
import { onTestFinished } from 'vitest';
import {
  AttachedClient,
  attachedMesh,
  type ChannelOptions,
  Holder,
  HolderConnection,
  holderLimits,
  type Intents,
  type Joined,
  localChannels,
  type StandIn,
} from '../src/index.js';

const MESH = 'atlas' as MeshId;
const runtime = nodeRuntime();

export interface GuestOptions {
  readonly intents?: Intents;
  readonly ear?: Ear;
}

/** Through which a guest hears its holder, as long as it is open. */
export class Ear {
  readonly #waiting: (() => void)[] = [];
  #isOpen = true;

  listening(options: ChannelOptions): ChannelOptions {
    const received = (json: unknown): void => {
      if (this.#isOpen) options.received(json);
      else this.#waiting.push(() => options.received(json));
    };
    return { ...options, received };
  }

  close(): void {
    this.#isOpen = false;
  }

  open(): void {
    this.#isOpen = true;
    for (const hear of this.#waiting.splice(0)) hear();
  }
}

/** A replica with its holder, and guests of the same program. */
export class SharedReplica {
  readonly #holder: Holder;
  readonly #replica: Replica;

  private constructor(replica: Replica) {
    this.#replica = replica;
    this.#holder = new Holder({ replica, pid: 0, agentNamed, runtime });
  }

  static async open(): Promise<SharedReplica> {
    const directory = await realpath(await mkdtemp(join(tmpdir(), 'mnemesh-test-')));
    const shared = new SharedReplica(await openReplica(directory));
    onTestFinished(async () => {
      await shared.#close();
      await rm(directory, { recursive: true, force: true });
    });
    return shared;
  }

  async guest(name: string, { intents, ear }: GuestOptions = {}): Promise<Mesh> {
    const agent = await agentNamed(name);
    const join = async (hello: ReturnType<AttachedClient['hello']>): Promise<Joined> => {
      const [near, far] = localChannels();
      const connection = await HolderConnection.open(
        (options) => {
          const channel = near(ear === undefined ? options : ear.listening(options));
          this.#holder.accept(far);
          return channel;
        },
        { hello, runtime, limits: holderLimits },
      );
      if (connection === undefined) throw new MnemeshError('store_in_use', 'Nobody holds it.');
      return { kind: 'attached', connection };
    };
    const client = new AttachedClient({
      mesh: MESH,
      agent: name,
      join,
      ...(intents === undefined ? {} : { intents }),
      runtime,
      limits: holderLimits,
    });
    const joined = await join(client.hello());
    if (joined.kind === 'attached') client.begin(joined.connection);
    const mesh = attachedMesh(MESH, agent, client);
    onTestFinished(() => mesh.close());
    return mesh;
  }

  standIn(name: string): Promise<StandIn> {
    return this.#holder.standIn(name);
  }

  async #close(): Promise<void> {
    await this.#holder.close();
    await this.#replica.close();
  }
}

function openReplica(directory: string): Promise<Replica> {
  const store = openSqliteStore({ directory, runtime });
  return Replica.open({
    mesh: MESH,
    store,
    runtime,
    signatures: nodeSignatures,
    recall: lexicalRecall(),
  });
}

function agentNamed(name: string): Promise<AgentIdentity> {
  return agentFromSeed(nodeSignatures, name, new TextEncoder().encode(name.padEnd(32)));
}
