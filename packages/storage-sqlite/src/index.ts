export { inspectSqliteStore, type StoreFinding } from './inspect-store.js';
export type { SqliteStoreOptions } from './open-store.js';
export { openSqliteStore } from './open-store.js';
