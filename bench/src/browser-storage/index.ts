export { runBrowserStorage } from './run-browser-storage.js';
