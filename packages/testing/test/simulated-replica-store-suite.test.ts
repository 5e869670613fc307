import {
  type DiskLatency,
  describeReplicaStore,
  type ReplicaStorePlace,
  SeededRandom,
  SimulatedDisk,
  SimulatedRuntimes,
  SimulatedTime,
  simulatedReplicaStore,
} from '../src/index.js';

/** A disk whose time passes by itself. */
async function placeOn(latency: DiskLatency): Promise<ReplicaStorePlace> {
  const time = new SimulatedTime();
  const random = new SeededRandom('store');
  const disk = new SimulatedDisk({ name: 'laptop', time, random: random.fork('disk'), latency });
  const runtimes = new SimulatedRuntimes(time, random);
  const stop = time.runFreely();
  return {
    open: (mesh, analyzer) =>
      simulatedReplicaStore({ disk, runtime: runtimes.start('replica') })(mesh, analyzer),
    crash: async () => disk.crash('power'),
    remove: stop,
  };
}

describeReplicaStore('on a simulated disk', () => placeOn({ minMs: 0, maxMs: 0 }));
describeReplicaStore('on a simulated disk that is slow', () => placeOn({ minMs: 1, maxMs: 20 }));
