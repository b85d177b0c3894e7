export type { Combination } from './combination.js';
export type { SchedulerConfig } from './config.js';
export { fieldsWithoutEffect } from './fields.js';
export {
  scheduleFromConfig,
  schedulerClassNames,
  schedulerFromConfig,
  schedulerNames,
} from './fromConfig.js';
export {
  addNoise,
  type NoiseSchedule,
  noiseLevel,
  noiseSchedule,
  trainingTarget,
  velocity,
} from './noiseSchedule.js';
export {
  applyStep,
  denoisedSample,
  needsNoise,
  networkInput,
  type SamplerState,
  type SamplingPlan,
  type Scheduler,
  type Step,
  startState,
} from './plan.js';
export type { NoiseLevel, PredictionType } from './prediction.js';
