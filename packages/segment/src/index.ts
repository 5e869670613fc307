export * from './clock-ranges.js';
export * from './document-state.js';
export * from './element-set.js';
export * from './liveness.js';
export * from './place.js';
export * from './prose-doc.js';
export * from './segment-document.js';
export * from './update-content.js';
