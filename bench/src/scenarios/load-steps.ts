import type { LoadWorld } from '../load/load-world.js';
import type { Steps } from '../load/messages.js';
import { coldStartSteps } from './cold-start-load.js';
import { fanOutSteps } from './fan-out-load.js';
import { idleDocumentsSteps } from './idle-documents-load.js';
import { killedServerSteps } from './killed-server-load.js';
import { manyDocumentsSteps } from './many-documents-load.js';
import { overwritesSteps } from './overwrites-load.js';
import { pingPongSteps } from './ping-pong-load.js';
import { reconnectSteps } from './reconnect-load.js';
import { slowReaderSteps } from './slow-reader-load.js';

const makers: Readonly<Record<string, (world: LoadWorld) => Steps>> = {
  s1: fanOutSteps,
  s2: manyDocumentsSteps,
  s3: coldStartSteps,
  s4: pingPongSteps,
  s5: idleDocumentsSteps,
  s6: killedServerSteps,
  s7: overwritesSteps,
  s8: reconnectSteps,
  s10: slowReaderSteps,
};

/** The load generator's part of a scenario. */
export function stepsOf(scenario: string, world: LoadWorld): Steps {
  const make = makers[scenario];
  if (make === undefined) throw new Error(`There is no load for ${scenario}.`);
  return make(world);
}
