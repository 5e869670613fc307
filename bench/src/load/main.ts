// A load generator: does the steps of one scenario with the clients of one subject.
import { stepsOf } from '../scenarios/load-steps.js';
import { LoadWorld } from './load-world.js';
import type { LoadPlace, StepAnswer, StepCall } from './messages.js';

const place = JSON.parse(process.argv[2] as string) as LoadPlace;
const steps = stepsOf(place.scenario, new LoadWorld(place));

// Hundreds of y-websocket's providers listen for the exit of one process here.
process.setMaxListeners(0);

async function answer({ step, input }: StepCall): Promise<StepAnswer> {
  try {
    return { kind: 'done', output: await steps[step]?.(input) };
  } catch (error) {
    return { kind: 'failed', error: error instanceof Error ? (error.stack ?? '') : String(error) };
  }
}

process.on('message', (call: StepCall) => {
  void answer(call).then((reply) => process.send?.(reply));
});
process.on('disconnect', () => process.exit());
