export {
  autoencoderNames,
  decoderGraph,
  encoderGraph,
  type LatentAutoencoder,
  latentAutoencoder,
} from './autoencoder.js';
export { type DecoderComponent, decodeRow } from './decoding.js';
export type { DeepCache } from './deepCache.js';
export {
  type AfterStep,
  type DenoisedCall,
  type DenoiseOptions,
  denoise,
  type Guide,
  type SteppedCall,
} from './denoise.js';
export type { Details } from './details/index.js';
export { earlyCalls } from './earlyCalls.js';
export { encodeImage } from './encoding.js';
export { otherFamily } from './family.js';
export { type FromPretrainedOptions, fromPretrained } from './fromPretrained.js';
export {
  type GraphCache,
  type GraphCacheOptions,
  type GraphLease,
  graphCache,
  paramsFor,
} from './graphCache.js';
export { DECODER_SCOPE, guidanceGraph, normalisedUpdate } from './guidance.js';
export { type GuidanceInterval, readGuidanceInterval } from './guidanceInterval.js';
export { imagesOf, type RgbImage } from './image.js';
export {
  cropImage,
  imagePlanes,
  type Rectangle,
  type Sides,
  type Square,
  squareAround,
  writePlanes,
} from './imagePlanes.js';
export * from './layout.js';
export { type LoadedModel, loadModel } from './loadModel.js';
export { type NoiseGenerator, type NoiseSource, noiseGenerators, seededNoise } from './noise.js';
export {
  MAX_SEED,
  type ModelSettings,
  parseSamplingDefaults,
  type SamplingDefaults,
  type StreamOptions,
} from './options.js';
export { blended, maskedImage } from './paintOver.js';
export { phraseTokens } from './phraseTokens.js';
export {
  createPipeline,
  type GenerateResult,
  type Pipeline,
} from './pipeline.js';
export type { PipelineOptions } from './pipelineOptions.js';
export type { OnProgress, PipelineProgress } from './progress.js';
export { chunkRoom, tokenChunks } from './promptChunks.js';
export type { PromptOptions } from './promptTokens.js';
export {
  type PromptWeighting,
  promptWeightings,
  type WeightedPart,
  weightedParts,
} from './promptWeighting.js';
export type { StepEvent } from './sampling.js';
export { type SourceImage, type SourceOptions, skippedSteps } from './source.js';
export { latentMask, type SourcePlanes } from './sourcePlanes.js';
export { inKnownSpelling, knownSpelling } from './spelling.js';
export { type EncodedTexts, encodeTexts, type TextComponent, textGraph } from './textEncoding.js';
export * from './tokenizer.js';
export { clipTokenizerFiles, readClipTokenizer, readClipTokenizerOptions } from './tokenizerFiles.js';
export {
  guidedPrediction,
  inpaintingInputs,
  networkContext,
  objectSlots,
  type PredictionOptions,
  type UNetSizes,
  type UNetSpec,
  unetGraph,
} from './unet.js';
export { checkWords, nearestWords, readWords, signsIn, wordsIn } from './words.js';
