import { type AgentIdentity, agentFromSeed, type Mesh, Replica, sessionOf } from '@mnemesh/core';
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
import { type LexicalRecallOptions, lexicalRecall } from '../src/index.js';

export type Team = readonly [Mesh, Mesh, Mesh];

/** Three agents at one replica on a simulated machine, whose disk takes no time. */
export async function openTeam(options: LexicalRecallOptions = {}): Promise<Team> {
  const time = new SimulatedTime();
  const random = new SeededRandom(1);
  const delay = { minMs: 0, maxMs: 0, jitterMs: 0 };
  const network = new SimulatedNetwork({ time, random: random.fork('network'), delay });
  const runtimes = new SimulatedRuntimes(time, random.fork('runtimes'));
  const machine = new SimulatedMachine({ name: 'desk', time, random, network, runtimes });
  const runtime = machine.start();
  const replica = await Replica.open({
    mesh: 'team',
    store: simulatedReplicaStore({ disk: machine.disk, runtime }),
    runtime,
    signatures: nodeSignatures,
    recall: lexicalRecall(options),
  });
  onTestFinished(() => replica.close());
  const agent = (name: string) =>
    agentFromSeed(nodeSignatures, name, random.fork(`key/${name}`).bytes(32));
  const [ana, bo, cy] = await Promise.all(['ana', 'bo', 'cy'].map(agent));
  return [ana, bo, cy].map((one) => sessionOf(replica, one as AgentIdentity)) as unknown as Team;
}
