// What pages of browser tests use: nothing in it names Node.
export { plainAnalyzer } from './plain-analyzer.js';
