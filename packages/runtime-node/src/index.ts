export { nodeRuntime } from './node-runtime.js';
export { nodeSignatures } from './node-signatures.js';
