export { type Gate, gateMessages } from './gate.js';
export { Tab, type TabOptions } from './tab.js';
export { type TabLimits, tabLimits } from './tab-limits.js';
export type { Leading } from './turn.js';
