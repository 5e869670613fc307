export { ClientProcess } from './client.js';
export { type Behaviour, emptied, memoryBehaviours, toolsOf } from './memory-behaviours.js';
export type { ClientReport, PlannedWrite } from './messages.js';
export { type ServerCommand, startedClient } from './server-command.js';
