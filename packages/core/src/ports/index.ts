export * from './replica-store.js';
export * from './transport.js';
