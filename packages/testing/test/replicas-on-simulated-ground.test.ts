import { agentFromSeed, type Mesh, openReplica } from '@mnemesh/core';
import { parseMeshId } from '@mnemesh/protocol';
import { Relay } from '@mnemesh/relay';
import { nodeSignatures } from '@mnemesh/runtime-node';
import { describe, expect, test } from 'vitest';
import {
  openSimulatedUpdateLog,
  readReplicaStore,
  SeededRandom,
  SimulatedMachine,
  SimulatedNetwork,
  SimulatedRuntimes,
  SimulatedTime,
  simulatedReplicaStore,
} from '../src/index.js';

const mesh = parseMeshId('team');
const names = ['planner', 'researcher', 'reviewer'] as const;
type Name = (typeof names)[number];

function worldOf(seed: number) {
  const time = new SimulatedTime();
  const random = new SeededRandom(seed);
  const network = new SimulatedNetwork({ time, random: random.fork('network') });
  const runtimes = new SimulatedRuntimes(time, random.fork('runtimes'));
  const latency = { minMs: 1, maxMs: 6 };
  const machineOf = (name: string): SimulatedMachine =>
    new SimulatedMachine({ time, random, network, runtimes, name, latency });
  const machines = new Map<Name, SimulatedMachine>(names.map((name) => [name, machineOf(name)]));
  const relay = machineOf('relay');
  const serve = async (): Promise<void> => {
    const runtime = relay.start();
    const log = await openSimulatedUpdateLog({ disk: relay.disk, runtime });
    network.listen('relay', new Relay({ log, runtime, signatures: nodeSignatures }).accept);
  };
  const open = async (name: Name): Promise<Mesh> => {
    const machine = machines.get(name) as SimulatedMachine;
    const runtime = machine.start();
    const agent = await agentFromSeed(nodeSignatures, name, random.fork(`key/${name}`).bytes(32));
    const transports = [network.dial({ from: name, to: 'relay', runtime })];
    // Two of the three are linked directly, too: what one writes reaches the other twice.
    if (name === 'planner') transports.push(network.answer({ at: name }));
    if (name === 'researcher') {
      transports.push(network.dial({ from: name, to: 'planner', kind: 'peer', runtime }));
    }
    const store = simulatedReplicaStore({ disk: machine.disk, runtime, process: name });
    return openReplica({ mesh, store, transports, runtime, signatures: nodeSignatures, agent });
  };
  return { time, random, network, machines, relay, serve, open };
}

async function titlesOf(replica: Mesh): Promise<string> {
  const tasks = await replica.tasks.list({ limit: 10_000 });
  return tasks.map(({ id, title }) => `${id} ${title}`).join('\n');
}

/** Three replicas write while links break, stall and machines crash; then everything heals. */
async function run(seed: number): Promise<string> {
  const { time, random, network, machines, relay, serve, open } = worldOf(seed);
  const draws = random.fork('script');
  const trace: string[] = [];
  network.watch(({ at, event, from, to, frame }) => {
    trace.push(`${at} ${event} ${from}>${to} ${frame?.length ?? ''}`);
  });
  await time.complete(serve());
  const replicas = new Map<Name, Mesh>();
  for (const name of names) replicas.set(name, await time.complete(open(name)));
  const saved: string[] = [];
  for (let step = 0; step < 40; step++) {
    const name = draws.pick(names);
    const title = `${name} ${step}`;
    void (replicas.get(name) as Mesh).tasks.create({ title }).then(
      () => saved.push(title),
      (error: unknown) => time.defect(error),
    );
    await time.advance(draws.int(60));
    const fault = draws.weighted({ none: 6, break: 2, stall: 2, crash: 1, relay: 1 });
    if (fault === 'break') network.break(name, 'relay');
    if (fault === 'stall') network.partition([name], ['relay']);
    if (fault === 'crash') {
      machines.get(name)?.crash('power');
      replicas.set(name, await time.complete(open(name)));
    }
    if (fault === 'relay') {
      relay.crash('power');
      await time.complete(serve());
    }
    if (draws.chance(0.2)) network.heal();
  }
  network.heal();
  expect(saved.length).toBeGreaterThan(20);
  await time.complete(Promise.all([...replicas.values()].map((replica) => replica.acked())));
  await time.advance(60_000);
  const [first, ...others] = await Promise.all([...replicas.values()].map(titlesOf));
  for (const other of others) expect(other).toBe(first);
  for (const title of saved) expect(first).toContain(title);
  const stored = machines.get('planner')?.disk.flushedImage();
  expect(readReplicaStore(stored ?? new Map(), mesh).count({ collection: 'task' })).toBe(
    first?.split('\n').length,
  );
  for (const replica of replicas.values()) await time.complete(replica.close());
  for (const machine of machines.values()) machine.stop();
  return trace.join('\n');
}

describe('the shipped replica on simulated ground', () => {
  test('three replicas lose nothing that was saved and end equal [CV] [ND]', {
    timeout: 60_000,
  }, async () => {
    for (let seed = 0; seed < 3; seed++) await run(seed);
  });

  test('run the same way under the same seed, to the last frame', { timeout: 60_000 }, async () => {
    const first = await run(4);
    expect(first.split('\n').length).toBeGreaterThan(200);
    expect(await run(4)).toBe(first);
  });
});
