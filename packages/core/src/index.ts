// What pipelines, plugins and networks of one's own are written with. The rest has entries of its own: see the README.

export {
  type AutoOptions,
  auto,
  DeviceError,
  type DeviceReason,
  interpret,
  printGraph,
  referenceBackend,
} from './entries/backend.js';
export { messageOf } from './entries/checks.js';
export { type Box, iou } from './entries/geometry.js';
export * from './entries/graph.js';
export {
  type FileOnDisk,
  type FileSink,
  type FileSource,
  type UrlFilesOptions,
  urlFiles,
} from './entries/io.js';
export { type Init, layers, normal, ones, parameterStore, type Scope, uniform, zeros } from './entries/nn.js';
export {
  createPipeline,
  type DeepCache,
  type Details,
  type Detection,
  type Detector,
  type DetectorContext,
  type DetectorDefinition,
  type DetectorGraph,
  type DetectorVocabulary,
  type FromPretrainedOptions,
  fromPretrained,
  type GenerateResult,
  type GuidanceInterval,
  type GuidingDetector,
  type ImageSize,
  imagesOf,
  type LabelledBox,
  type Layout,
  type LayoutInput,
  type LayoutObject,
  MAX_OBJECTS,
  MAX_SEED,
  type NoiseGenerator,
  noiseGenerators,
  type OnProgress,
  type OpenDetector,
  type Pipeline,
  type PipelineOptions,
  type PipelineProgress,
  parseBox,
  parseLayout,
  type RgbImage,
  type StepEvent,
  type StreamOptions,
  type SupervisingDetector,
} from './entries/pipeline.js';
export * from './entries/plugin.js';
export { type SchedulerConfig, schedulerNames } from './entries/schedulers.js';
