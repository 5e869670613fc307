import { agentFromSeed, type Mesh, Replica, sessionOf } from '@mnemesh/core';
import { lexicalRecall } from '@mnemesh/recall';
import { nodeSignatures } from '@mnemesh/runtime-node';
import {
  SeededRandom,
  SimulatedMachine,
  SimulatedNetwork,
  SimulatedRuntimes,
  SimulatedTime,
  simulatedReplicaStore,
} from '@mnemesh/testing';
import { onTestFinished } from 'vitest';

/** A mesh on a simulated machine. */
export interface OpenMesh extends Mesh {
  /** Another session at the same replica. */
  further(name: string): Promise<Mesh>;
}

/** Replicas that link to each other directly, under a clock that moves when a test lets it. */
export class World {
  readonly time = new SimulatedTime();
  readonly #random = new SeededRandom(1);
  readonly #runtimes = new SimulatedRuntimes(this.time, this.#random.fork('runtimes'));
  readonly #network = new SimulatedNetwork({
    time: this.time,
    random: this.#random.fork('network'),
    delay: { minMs: 1, maxMs: 4, jitterMs: 1 },
  });

  /** Opens a replica with a session of the agent of the same name, linked to the one named. */
  async open(name: string, linkedTo?: string): Promise<OpenMesh> {
    const { time } = this;
    const [network, runtimes] = [this.#network, this.#runtimes];
    const random = this.#random.fork(name);
    const machine = new SimulatedMachine({ name, time, random, network, runtimes });
    const runtime = machine.start();
    const replica = await Replica.open({
      mesh: 'team',
      store: simulatedReplicaStore({ disk: machine.disk, runtime, process: name }),
      transports: [
        network.answer({ at: name }),
        ...(linkedTo === undefined
          ? []
          : [network.dial({ from: name, to: linkedTo, kind: 'peer', runtime })]),
      ],
      runtime,
      signatures: nodeSignatures,
      recall: lexicalRecall(),
    });
    const session = async (agent: string): Promise<Mesh> => {
      const seed = this.#random.fork(`key/${agent}`).bytes(32);
      return sessionOf(replica, await agentFromSeed(nodeSignatures, agent, seed));
    };
    const own = await session(name);
    onTestFinished(() => time.complete(own.close()));
    return Object.defineProperties({} as OpenMesh, {
      ...Object.getOwnPropertyDescriptors(own),
      further: { value: session },
    });
  }
}
