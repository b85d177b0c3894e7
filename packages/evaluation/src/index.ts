export * from './benchmarks/index.js';
export { type EvaluateScenesOptions, type EvaluationTask, evaluateScenes } from './evaluateScenes.js';
export {
  type Figures,
  figuresOf,
  type JudgedScene,
  type SubsetFigures,
  type SubsetName,
  subsetNames,
  subsetTitles,
  traitsOf,
} from './figures.js';
export { type Judge, type JudgedObject, judgeObjects, type Sighting } from './judging.js';
export * from './metrics/index.js';
export {
  type EvaluatedPicture,
  type EvaluationReport,
  type EvaluationSettings,
  type JudgedImage,
  judged,
  type MeasuredPictures,
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
