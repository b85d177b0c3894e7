export type { DetectorGraph, GuidingDetector } from '@spatiallock/core';
export { coverage, generalisedIou } from './boxes.js';
export type { CapturedActivations, CapturedAttention, CapturedFeatures } from './capturedActivations.js';
export { captureActivations } from './capturedActivations.js';
export {
  defaultPerceptionConfig,
  type PerceptionConfig,
  parsePerceptionConfig,
  type Stage,
} from './config.js';
export { enhFusion } from './enhFusion.js';
export { PERCEPTION_SCOPE, perception } from './featurePath.js';
export { type Perception, readPerception, splitPerception, writePerception } from './files.js';
export { type PerceptionOutput, perceive } from './heads.js';
export {
  detectorLoss,
  FROZEN_SCOPE,
  frozenParams,
  type LookOptions,
  type LowNoiseRows,
  lowNoiseRows,
} from './imagePath.js';
export { boxInputs, boxTensors, pogInputs } from './inputs.js';
export { plugin } from './module.js';
export {
  defaultPerceptionWeights,
  type PerceptionLoss,
  type PerceptionLossOptions,
  type PerceptionTargets,
  type PerceptionWeights,
  perceptionLoss,
} from './perceptionLoss.js';
export {
  defaultGuidance,
  type PogCallOptions,
  type PogGuidance,
  type PogOptions,
  pog,
} from './pog.js';
export { resize } from './resize.js';
export type { ImageSettings, SupervisedObject, Supervisor } from './supervisor.js';
export {
  type FeaturePathOptions,
  type ImagePathOptions,
  type PogLoss,
  type PogTraining,
  type PogTrainingOptions,
  pogTraining,
  type TrainingPieces,
} from './training.js';
export type { PogTrainingSettings } from './trainingPlugin.js';
