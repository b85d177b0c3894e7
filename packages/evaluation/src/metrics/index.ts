export type { CocoSummary, LabelPrecision } from './coco.js';
export { AREA_RANGES, type AreaRange, IOU_THRESHOLDS } from './coco-matching.js';
export {
  type Evaluation,
  type EvaluationOptions,
  evaluateDetections,
  type InstanceFigures,
  type LabelEvaluation,
  MIN_SCORE,
} from './evaluate.js';
export { type InstanceMatch, matchInstances } from './instances.js';
export type { EvaluatedImage } from './types.js';
