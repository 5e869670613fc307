export { type IntentRow, IntentRows } from './intent-rows.js';
export { type IndexedDbStoreOptions, openIndexedDbStore } from './open-store.js';
