export { lexicalAnalyzer } from './analysis/analyzer.js';
export { type LexicalRecallOptions, lexicalRecall } from './lexical-recall.js';
export { MemoryIndex } from './memory-index.js';
export { defaultWeights, type RecallWeights } from './scoring/weights.js';
