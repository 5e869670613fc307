export { result } from './connection.js';
export type {
  DocumentBytes,
  DocumentPlace,
  DroppedBytes,
  ForeignState,
  FoundBytes,
  KeptBytes,
  NumberedBytes,
  StoreName,
  WantedBytes,
} from './document-place.js';
export { blockedError, lostError, storeError } from './errors.js';
export { type IntentRow, IntentRows } from './intent-rows.js';
export { type DatabaseFormat, deleteDatabase, openDatabase } from './open-database.js';
export { type IndexedDbStoreOptions, openIndexedDbStore } from './open-store.js';
