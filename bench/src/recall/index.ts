export { runRecall } from './run-recall.js';
