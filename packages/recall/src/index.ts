export { lexicalAnalyzer } from './analysis/analyzer.js';
export type { Embedder, EmbedOptions } from './embedding/embedder.js';
export { Ending } from './embedding/ending.js';
export { type Fetch, type HttpEmbedderOptions, httpEmbedder } from './embedding/http-embedder.js';
export { type LexicalRecallOptions, lexicalRecall } from './lexical-recall.js';
export { MemoryIndex } from './memory-index.js';
export { defaultWeights, type RecallWeights } from './scoring/weights.js';
