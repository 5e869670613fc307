export { yIndexedDbPlace } from './document-place.js';
export { OPEN_DATABASES } from './open-databases.js';
export { openYIndexedDbStore } from './open-store.js';
