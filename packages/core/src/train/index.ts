export * from './learningRate.js';
export { lossScaleNames } from './lossScale.js';
export * from './muon.js';
export * from './optimiser.js';
export * from './recompute/index.js';
export * from './trainingGraph.js';
export * from './trainingLoop.js';
export * from './x0Prediction.js';
