export * from './center/index.js';
export type { Detection, Detector, DetectorGraph, RgbImage } from './detector.js';
export { type Judge, type JudgedObject, judgeObjects, type Sighting } from './judging.js';
export * from './metrics/index.js';
export * from './nanodet/index.js';
export { type SuppressionOptions, suppress } from './nms.js';
export * from './query/index.js';
export type { TrainedDetector, TrainedDetectorOptions } from './trained.js';
