import { agentFromSeed, Replica } from '@mnemesh/core';
import type { MeshId } from '@mnemesh/protocol';
import { nodeSignatures } from '@mnemesh/runtime-node';
import {
  SeededRandom,
  SimulatedMachine,
  SimulatedNetwork,
  SimulatedRuntimes,
  SimulatedTime,
  simulatedReplicaStore,
} from '@mnemesh/testing';
import { expect, test } from 'vitest';
import {
  HOLDER_PROTOCOL,
  Holder,
  HolderConnection,
  holderLimits,
  localChannels,
} from '../src/index.js';

const MESH = 'atlas' as MeshId;

function simulatedMachine() {
  const time = new SimulatedTime();
  const random = new SeededRandom(1);
  const runtimes = new SimulatedRuntimes(time, random.fork('runtimes'));
  const network = new SimulatedNetwork({ time, random: random.fork('network') });
  return { time, machine: new SimulatedMachine({ name: 'a', time, random, network, runtimes }) };
}

test('a guest that goes while its holder closes leaves no timer behind', async () => {
  const { time, machine } = simulatedMachine();
  const runtime = machine.start();
  const store = simulatedReplicaStore({ disk: machine.disk, runtime });
  const replica = await Replica.open({ mesh: MESH, store, runtime, signatures: nodeSignatures });
  const agentNamed = (name: string) =>
    agentFromSeed(nodeSignatures, name, new Uint8Array(32).fill(1));
  const holder = new Holder({ replica, pid: 0, agentNamed, runtime });
  const [near, far] = localChannels();
  const opening = HolderConnection.open(
    (options) => {
      const channel = near(options);
      holder.accept(far);
      return channel;
    },
    {
      hello: {
        type: 'hello',
        protocol: HOLDER_PROTOCOL,
        mesh: MESH,
        agent: 'planner',
        doubtful: [],
      },
      runtime,
      limits: holderLimits,
    },
  );
  const connection = await opening;

  const closing = holder.close();
  connection?.close();
  await time.complete(closing);
  await time.complete(replica.close());
  expect(runtime.waiting).toBe(0);
  machine.stop();
});
