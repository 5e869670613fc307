export { type BrowserKey, browserKeys, type KeyKind } from './browser-keys.js';
export { type BrowserRoom, browserRoom, REFUSAL_MS, type RoomSource } from './browser-room.js';
export { browserRuntime } from './browser-runtime.js';
export { BrowserSignatures } from './browser-signatures.js';
export { type HintListener, type HintSource, watchDevice } from './device-hints.js';
