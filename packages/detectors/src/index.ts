export * from './center/index.js';
export * from './nanodet/index.js';
export * from './query/index.js';
export type { TrainedDetector, TrainedDetectorOptions } from './trained.js';
