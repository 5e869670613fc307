import { parseMeshId } from '@mnemesh/protocol';
import { describe, expect, test } from 'vitest';
import {
  RecordingOwner,
  SeededRandom,
  SimulatedMachine,
  SimulatedNetwork,
  SimulatedRuntimes,
  SimulatedTime,
  simulatedReplicaStore,
} from '../src/index.js';

function worldOf(seed: number) {
  const time = new SimulatedTime(0);
  const random = new SeededRandom(seed);
  const network = new SimulatedNetwork({ time, random: random.fork('network') });
  const runtimes = new SimulatedRuntimes(time, random.fork('runtimes'));
  return { time, random, network, runtimes };
}

const mesh = parseMeshId('team');

describe('a simulated machine', () => {
  test.each(['power', 'kill'] as const)(
    'a crash by %s ends timers, links and disk calls in one moment',
    async (kind) => {
      const world = worldOf(1);
      const machine = new SimulatedMachine({ ...world, name: 'planner' });
      const [near, far] = [new RecordingOwner(), new RecordingOwner()];
      world.network.listen('relay', far.accept);
      const runtime = machine.start();
      const store = await simulatedReplicaStore({ disk: machine.disk, runtime })(mesh);
      world.network.dial({ from: 'planner', to: 'relay', runtime }).start(near.accept, () => {});
      await world.time.advance(1000);
      const happened: string[] = [];
      runtime.after(10, () => happened.push('timer'));
      machine.onCrash((how) => happened.push(how));
      machine.disk.planFault(1, kind);
      void store.commit({}).then(() => happened.push('saved'));
      await world.time.advance(60_000);
      expect(happened).toEqual([kind]);
      expect([near.last.closings.length, far.last.closings.length, near.ends.length]).toEqual([
        0, 1, 1,
      ]);
      expect([machine.runtime, world.time.waiting]).toEqual([undefined, 0]);
      const again = await simulatedReplicaStore({ disk: machine.disk, runtime: machine.start() })(
        mesh,
      );
      expect(again.opened.counter).toBe(2);
    },
  );

  test('a machine that stops must have closed what it opened', async () => {
    const machine = new SimulatedMachine({ ...worldOf(2), name: 'planner' });
    const runtime = machine.start();
    expect(() => machine.start()).toThrow('runs');
    const store = await simulatedReplicaStore({ disk: machine.disk, runtime })(mesh);
    expect(() => machine.stop()).toThrow('disk in use');
    await store.close();
    const cancel = runtime.after(5, () => {});
    expect(() => machine.stop()).toThrow('1 timers');
    cancel();
    machine.stop();
    machine.start();
  });

  test('a copied machine has the same store and its own fate', async () => {
    const machine = new SimulatedMachine({ ...worldOf(3), name: 'planner' });
    const first = await simulatedReplicaStore({ disk: machine.disk, runtime: machine.start() })(
      mesh,
    );
    const copy = machine.copy('second laptop');
    const second = await simulatedReplicaStore({ disk: copy.disk, runtime: copy.start() })(mesh);
    expect(second.opened.replica).toBe(first.opened.replica);
    copy.crash('power');
    await first.commit({});
    expect(machine.runtime?.killed).toBe(false);
  });
});
