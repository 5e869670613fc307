export { type BrowserBench, benchInBrowser } from './browser-bench.js';
export { bundle } from './bundle.js';
export { Device } from './device.js';
export { KeptDevice } from './kept-device.js';
export { launchOptions } from './launch-options.js';
export { type PageServer, type Scripts, servePage, serveScript } from './page-server.js';
export { type StoppedPage, stopPage } from './stopped-page.js';
export { TestPage } from './test-page.js';
export { openUndriven } from './undriven-browser.js';
