export * from './abort.js';
export * from './graph/index.js';
export * from './reference/index.js';
export * from './nn/index.js';
export * from './models/index.js';
export * from './train/index.js';
export * from './io/index.js';
export * from './pipeline/index.js';
