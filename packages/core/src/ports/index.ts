export * from './postings.js';
export * from './replica-store.js';
export * from './transport.js';
