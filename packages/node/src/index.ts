export type {
  Backend,
  Box,
  FileSink,
  FileSource,
  FromPretrainedOptions,
  GenerateResult,
  Layout,
  LayoutObject,
  Pipeline,
  PipelineProgress,
  Plugin,
  RgbImage,
  StepEvent,
  StreamOptions,
} from '@spatiallock/core';
export { parseLayout } from '@spatiallock/core';
export { writeFileAtomically } from './atomicFile.js';
export { directory, isDirectory } from './directory.js';
export { fromPretrained } from './fromPretrained.js';
export { encodePng, type ImageCrop, imageSize, readImage, readImageCrop, writePng } from './images.js';
export { readTensors, readTensorsIfAny, writeTensors } from './tensorFiles.js';
export { type StageContext, type TrainingStage, trainStage } from './trainStage.js';
