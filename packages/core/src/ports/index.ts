export * from './analyzer.js';
export * from './postings.js';
export * from './recaller.js';
export * from './references.js';
export * from './replica-store.js';
export * from './transport.js';
export * from './vectors.js';
