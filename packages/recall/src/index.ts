export { lexicalAnalyzer } from './analysis/analyzer.js';
export { lexicalRecall } from './lexical-recall.js';
