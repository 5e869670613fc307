import {
  describeTransport,
  SeededRandom,
  SimulatedNetwork,
  SimulatedRuntimes,
  SimulatedTime,
} from '../src/index.js';

describeTransport('simulated network', async (farEnd) => {
  const time = new SimulatedTime();
  const random = new SeededRandom('transport');
  // The suite lets an owner throw on purpose; elsewhere that is a defect of the run.
  const network = new SimulatedNetwork({ time, random, defect: () => {} });
  const runtime = new SimulatedRuntimes(time, random).start('planner');
  const stop = network.listen('relay', farEnd);
  return {
    transport: network.dial({ from: 'planner', to: 'relay', runtime }),
    until: async (condition) => {
      if (!(await time.until(condition))) throw new Error('It never came to hold.');
    },
    pass: () => time.advance(60_000),
    close: async () => stop(),
  };
});
