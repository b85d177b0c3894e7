export {
  CENTER_STRIDE,
  type CenterConfig,
  defaultCenterConfig,
  gridOf,
  parseCenterConfig,
} from './config.js';
export { type DecodeOptions, decodeCenters } from './decode.js';
export { type CenterDetector, type CenterDetectorOptions, centerDetector, centerGraph } from './detector.js';
export { type CenterLoss, centerLoss } from './loss.js';
export { centerModule as default } from './module.js';
export { type CenterOutputs, centerFeatures, centerNetwork } from './network.js';
export { centerTargetInputs, centerTargets, defaultSlots, type TargetSlots } from './targets.js';
