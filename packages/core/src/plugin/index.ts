export { type PluginOptions, parsePluginOptions } from './callOptions.js';
export { checkPlugins } from './checkPlugins.js';
export type {
  ChoiceSetting,
  NumberSetting,
  PluginContext,
  PluginDefinition,
  PluginFlag,
  PluginSetting,
  SettleRequest,
  SwitchSetting,
  UserFiles,
} from './definition.js';
export type { CallContext, FeedRow } from './feed.js';
export type {
  Guidance,
  GuidanceEvent,
  GuidancePart,
  GuidanceSettings,
  GuidanceState,
  UpdateState,
} from './guidance.js';
export type { FieldParser, LayoutContext, LayoutFields } from './layoutFields.js';
export type { NetworkContext, NetworkPart, TextNetworkContext, TextNetworkPart } from './network.js';
export { isFrozen, type ParameterOwner, parameterOwner, withPluginParams } from './ownership.js';
export { hooksOf, inputsOf, type NetworkParts, networkParts } from './parts.js';
export { type ComponentName, PLUGIN_VERSION, type Plugin, type TextPlugin } from './plugin.js';
export type { CallProgress } from './progress.js';
export type { Predict, SamplingContext, SamplingPart, StartState, StepState } from './sampling.js';
export { stepFeed } from './stepFeed.js';
export type {
  Training,
  TrainingFeedContext,
  TrainingLoss,
  TrainingPart,
  TrainingRow,
  TrainingState,
} from './training.js';
export type { PluginWeights } from './weights.js';
