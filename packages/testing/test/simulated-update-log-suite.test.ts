import {
  type DiskLatency,
  describeUpdateLog,
  openSimulatedUpdateLog,
  SeededRandom,
  SimulatedDisk,
  SimulatedRuntimes,
  SimulatedTime,
  type UpdateLogPlace,
} from '../src/index.js';

/** A disk whose time passes by itself. */
async function placeOn(latency: DiskLatency): Promise<UpdateLogPlace> {
  const time = new SimulatedTime();
  const random = new SeededRandom('log');
  const disk = new SimulatedDisk({ name: 'relay', time, random: random.fork('disk'), latency });
  const runtimes = new SimulatedRuntimes(time, random);
  const stop = time.runFreely();
  return {
    open: () => openSimulatedUpdateLog({ disk, runtime: runtimes.start('relay') }),
    crash: async () => disk.crash('power'),
    remove: stop,
  };
}

describeUpdateLog('on a simulated disk', () => placeOn({ minMs: 0, maxMs: 0 }));
describeUpdateLog('on a simulated disk that is slow', () => placeOn({ minMs: 1, maxMs: 20 }));
