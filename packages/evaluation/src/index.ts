export * from './benchmarks/index.js';
export { type EvaluateScenesOptions, type EvaluationTask, evaluateScenes } from './evaluateScenes.js';
export {
  type EvaluatedScene,
  type Figures,
  figuresOf,
  type SubsetFigures,
  type SubsetName,
  subsetNames,
  subsetTitles,
  traitsOf,
} from './figures.js';
export { type EvaluatedObject, type Evaluator, matchObjects, type ObjectMatch } from './matchObjects.js';
export * from './metrics/index.js';
export {
  type DetectedImage,
  type EvaluatedPicture,
  type EvaluationReport,
  type EvaluationSettings,
  type MeasuredPictures,
  matchedObjects,
  reportJson,
} from './report.js';
export {
  type Batch,
  batchesOf,
  batchSize,
  type Generator,
  type SampledPicture,
  type SampleOptions,
  sampleBatch,
  samplePictures,
} from './sample.js';
export type { EvaluatedLayout } from './scene.js';
