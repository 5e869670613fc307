export { runFirstCalls } from './run-first-calls.js';
export { runRecallScale } from './run-recall-scale.js';
