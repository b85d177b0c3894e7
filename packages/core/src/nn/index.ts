export * as layers from './layers.js';
export * from './initialise.js';
export * from './scope.js';
export * from './random.js';
