// What pages of tests use: nothing in it names Node.
export { answerCalls, type PageAnswer, type PageCalls } from './answer-calls.js';
export { faultCalls } from './page-faults.js';
export { formatCalls } from './page-formats.js';
export { pageRuntime, storeCalls } from './store-calls.js';
