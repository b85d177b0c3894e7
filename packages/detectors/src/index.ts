export { assign } from './assignment.js';
export * from './center/index.js';
export type { Detection, Detector, DetectorGraph, ImageSize, LabelledBox } from './detector.js';
export * from './nanodet/index.js';
export { type SuppressionOptions, suppress } from './nms.js';
export * from './query/index.js';
export type { TrainedDetector, TrainedDetectorOptions } from './trained.js';
