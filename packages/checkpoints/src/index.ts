export { type Checkpoint, openCheckpoint, requireKind } from './checkpoint.js';
export { CLIP_TOKENS, type ClipMerges, clipTokenizerSource, clipVocabulary } from './clipVocabulary.js';
export { partMap, partShapes, partTensors } from './components.js';
export { textConfig, tinyConfig, unetConfig, vaeConfig } from './configs.js';
export { controlNetSource } from './controlNet.js';
export {
  type DescribedPart,
  describeCheckpoint,
  describeDirectory,
  type ModelDescription,
  type ModelUse,
  numbersIn,
} from './describe.js';
export { withGrounding } from './grounding.js';
export { type Grounding, groundingOf } from './groundingOf.js';
export {
  type CheckpointIdentity,
  type CheckpointKind,
  identify,
  inversionNames,
  type Part,
  type Shapes,
  textImageRefusal,
} from './identify.js';
export { type Embedding, readEmbedding, withEmbeddings } from './inversion.js';
export { mapShapes, mapTensors, type NameMap, type Target } from './nameMap.js';
export { textMap } from './names/text.js';
export { isTiny, tinyMap } from './names/tiny.js';
export { type UNetDepth, unetMap } from './names/unet.js';
export { vaeMap } from './names/vae.js';
export { type Overlay, overlaid } from './overlay.js';
export { type Prediction, predictionOf } from './prediction.js';
export { type SingleFileOptions, singleFileSource } from './singleFile.js';
export { type VaeSource, vaeOfFile, withVae } from './vaeOverlay.js';
