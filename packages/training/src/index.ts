export {
  type BatchOptions,
  type ConditionDropout,
  defaultConditionDropout,
  noConditionDropout,
  noisyBatches,
} from './batches.js';
export { captionOf, textsOf } from './fineTune/captions.js';
export {
  type Dataset,
  type DatasetOptions,
  type DatasetPicture,
  largestObjects,
  readDataset,
} from './fineTune/dataset.js';
export { fineTune, prepareFineTune } from './fineTune/fineTune.js';
export type {
  FineTuneOptions,
  FineTuneProgress,
  FineTuneReport,
  FineTuning,
} from './fineTune/options.js';
export { requireApart, requireFolderPlace, TRAINING_FOLDER } from './fineTune/outFolder.js';
export {
  type PictureEncoder,
  type PictureEncoderOptions,
  pictureEncoder,
  planesOf,
} from './fineTune/pictureEncoder.js';
export { defaultFineTuneSettings, type FineTuneSettings, OPTIMISERS } from './fineTune/settings.js';
export { middleView, randomView, type View, type ViewOptions } from './fineTune/views.js';
export { MIN_SNR, minSnrWeight, type NoisedRow, noisedRow, stratified } from './noising.js';
export {
  type Objective,
  type ObjectiveOptions,
  objectiveInputs,
  unetObjective,
} from './objective.js';
export { objectWeights } from './objectWeights.js';
export type {
  DrawPictures,
  DrawStates,
  PictureObject,
  SampledState,
  SampledStates,
  TrainingPicture,
} from './pictures.js';
export { paintRehearsal, type RehearsalOptions, rehearsed, withRehearsal } from './rehearsal.js';
export { type TextTable, type TextTableOptions, textTable } from './texts.js';
export { type StageContext, type TrainingStage, trainStage } from './trainStage.js';
export {
  type Learning,
  learns,
  type UNetStageOptions,
  unetStage,
} from './unetStage.js';
export {
  type PluginWeightsOptions,
  partWeights,
  type TrainedWeights,
  writePluginWeights,
} from './weights.js';
