export { type IndexedDbStoreOptions, openIndexedDbStore } from './open-store.js';
