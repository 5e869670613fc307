export { yIndexedDbPlace } from './document-place.js';
export {
  importYIndexedDb,
  type ValueNote,
  type YIndexedDbImport,
  type YIndexedDbReport,
} from './import-y-indexeddb.js';
export { OPEN_DATABASES } from './open-databases.js';
export { openYIndexedDbStore } from './open-store.js';
