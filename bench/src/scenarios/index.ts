import { bundle } from './bundle.js';
import { coldStart } from './cold-start.js';
import { fanOut } from './fan-out.js';
import { idleDocuments } from './idle-documents.js';
import { killedServer } from './killed-server.js';
import { manyDocuments } from './many-documents.js';
import { overwrites } from './overwrites.js';
import { pingPong } from './ping-pong.js';
import { reconnect } from './reconnect.js';
import type { Scenario } from './scenario.js';
import { slowReader } from './slow-reader.js';

export const scenarios: readonly Scenario[] = [
  fanOut,
  manyDocuments,
  coldStart,
  pingPong,
  idleDocuments,
  killedServer,
  overwrites,
  reconnect,
  slowReader,
  bundle,
];
