export * from './postings.js';
export * from './references.js';
export * from './replica-store.js';
export * from './transport.js';
