import { type AgentIdentity, agentFromSeed, Replica, type ReplicaStoreOpener } from '@mnemesh/core';
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
  type Channel,
  type ChannelOptions,
  type HelloMessage,
  HOLDER_PROTOCOL,
  Holder,
  HolderConnection,
  holderLimits,
  localChannels,
} from '../src/index.js';

const MESH = 'atlas' as MeshId;

const hello: HelloMessage = {
  type: 'hello',
  protocol: HOLDER_PROTOCOL,
  mesh: MESH,
  agent: 'planner',
  doubtful: [],
};

function agentNamed(name: string): Promise<AgentIdentity> {
  return agentFromSeed(nodeSignatures, name, new Uint8Array(32).fill(1));
}

function simulatedMachine() {
  const time = new SimulatedTime();
  const random = new SeededRandom(1);
  const runtimes = new SimulatedRuntimes(time, random.fork('runtimes'));
  const network = new SimulatedNetwork({ time, random: random.fork('network') });
  return { time, machine: new SimulatedMachine({ name: 'a', time, random, network, runtimes }) };
}

/** A holder on a simulated machine, of whose store nothing is ever counted: such a call never ends. */
async function heldReplica() {
  const { time, machine } = simulatedMachine();
  const runtime = machine.start();
  const open = simulatedReplicaStore({ disk: machine.disk, runtime });
  const store: ReplicaStoreOpener = async (mesh, analyzer) =>
    Object.assign(await open(mesh, analyzer), {
      count: () => new Promise<number>(() => undefined),
    });
  const replica = await Replica.open({ mesh: MESH, store, runtime, signatures: nodeSignatures });
  const holder = new Holder({ replica, pid: 0, agentNamed, runtime });
  const connect = (resumed?: string): Promise<HolderConnection | undefined> => {
    const [near, far] = localChannels();
    const opened = (options: ChannelOptions): Channel => {
      const channel = near(options);
      holder.accept(far);
      return channel;
    };
    const session = resumed === undefined ? {} : { session: { id: resumed, clock: 0 } };
    return HolderConnection.open(opened, {
      hello: { ...hello, ...session },
      runtime,
      limits: holderLimits,
    });
  };
  /** A guest whose call the holder works on. */
  const busyGuest = async (): Promise<HolderConnection> => {
    const connection = (await connect()) as HolderConnection;
    connection.send({ type: 'call', id: 1, seen: 0, method: 'memory.count', args: [] });
    return connection;
  };
  return { time, machine, runtime, replica, holder, connect, busyGuest };
}

test('a holder closes though a call of a guest never ends, and lets the guest go [BD]', async () => {
  const { time, machine, runtime, replica, holder, busyGuest } = await heldReplica();
  const connection = await busyGuest();
  const lost = new Promise<void>((resolve) =>
    connection.listen({ received: () => undefined, lost: () => resolve() }),
  );
  await time.complete(holder.close());
  await lost;
  await time.complete(replica.close());
  expect(runtime.waiting).toBe(0);
  machine.stop();
});

test('a session that comes back while a call of its own never ends is told to try again [BD]', async () => {
  const { time, machine, replica, holder, connect, busyGuest } = await heldReplica();
  const { welcome } = await busyGuest();
  await expect(time.complete(connect(welcome.session))).rejects.toMatchObject({
    code: 'overloaded',
    retryable: true,
  });
  await time.complete(holder.close());
  await time.complete(replica.close());
  machine.stop();
});

test('a guest that goes while its holder closes leaves no timer behind', async () => {
  const { time, machine, runtime, replica, holder, connect } = await heldReplica();
  const connection = await connect();

  const closing = holder.close();
  connection?.close();
  await time.complete(closing);
  await time.complete(replica.close());
  expect(runtime.waiting).toBe(0);
  machine.stop();
});
