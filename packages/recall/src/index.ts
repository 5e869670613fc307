export { lexicalAnalyzer } from './analysis/analyzer.js';
export { lexicalRecall } from './lexical-recall.js';
export { MemoryIndex } from './memory-index.js';
