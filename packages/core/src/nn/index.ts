export * from './initialise.js';
export * as layers from './layers.js';
export * from './random.js';
export * from './scope.js';
export * from './torchRandom.js';
