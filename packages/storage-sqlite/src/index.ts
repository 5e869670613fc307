export type { SqliteStoreOptions } from './open-store.js';
export { openSqliteStore } from './open-store.js';
