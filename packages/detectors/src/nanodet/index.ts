export { decodeNanodet, type NanodetDecodeOptions } from './decode.js';
export { type NanodetDetector, type NanodetOptions, nanodet, nanodetGraph } from './detector.js';
export { cocoLabels } from './labels.js';
export { type Letterbox, letterbox } from './letterbox.js';
export { type NanodetLoss, nanodetLoss } from './loss.js';
export { nanodetModule as default } from './module.js';
export { NANODET_BINS, NANODET_STRIDES, type NanodetOutputs, nanodetNetwork } from './network.js';
export {
  defaultNanodetSlots,
  type NanodetSlots,
  nanodetTargetInputs,
  nanodetTargets,
} from './targets.js';
export { urlFiles } from './urlFiles.js';
export { nanodetParams, readNanodetWeights } from './weights.js';
