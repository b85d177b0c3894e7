export * from './benchmarks/index.js';
export {
  type CaptionFigures,
  type CaptionOptions,
  captionsAlone,
  type PresenceFigures,
} from './captions.js';
export type { ColourFigures } from './colours.js';
export { type EvaluateScenesOptions, type EvaluationTask, evaluateScenes } from './evaluateScenes.js';
export type { Examination, Examiner, MeasureFigures, Measures } from './examine.js';
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
export { type Look, lookAt, type NamedEvaluator } from './look.js';
export { type EvaluatedObject, type Evaluator, matchObjects, type ObjectMatch } from './matchObjects.js';
export * from './metrics/index.js';
export type { RealPictures } from './realPictures.js';
export {
  type DetectedImage,
  type EvaluatedPicture,
  type EvaluationReport,
  type EvaluationSettings,
  type EvaluatorFigures,
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
export {
  type SeedVarietyFigures,
  type SeedVarietyOptions,
  seedVariety,
  type VarietyFigures,
  varietyOfScene,
} from './seedVariety.js';
export { type AskedAndUnasked, matchAsked } from './unasked.js';
