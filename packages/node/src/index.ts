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
export {
  copyFileAtomically,
  createFolderAtomically,
  type FileContent,
  type FileToWrite,
  isTemporary,
  removeTemporaries,
  temporaryName,
  writeFileAtomically,
  writeFilesAtomically,
} from './atomicFile.js';
export { type ConvertOptions, type ConvertProgress, convertModel } from './convertModel.js';
export { directory, isDirectory, openFile } from './directory.js';
export { codeOf, fileFault } from './fileFault.js';
export { isLock, lockFolder, requireUnlocked, type Unlock } from './folderLock.js';
export { type FromPretrainedSource, fromPretrained, fromSingleFile } from './fromPretrained.js';
export {
  type DownloadProgress,
  type HubFile,
  type HubOptions,
  type HubSettings,
  hubFile,
  hubFileOf,
  hubSettings,
  hubSnapshot,
  isHubId,
  snapshotIn,
} from './hub/index.js';
export {
  checkPicture,
  encodePng,
  type ImageCrop,
  imageSize,
  MAX_PIXELS,
  type PictureHead,
  pictureHead,
  readImage,
  readImageCrop,
  webpDataUri,
  writePng,
} from './images.js';
export { type InspectedPart, type Inspection, inspectModel } from './inspectModel.js';
export { interruptionSignal } from './interruption.js';
export { readJsonFile } from './jsonFile.js';
export { jsonText } from './jsonText.js';
export { mapLimited } from './limited.js';
export { makeFolder } from './makeFolder.js';
export {
  checkpointAt,
  type EmbeddingFile,
  type ModelSource,
  type ModelSourceOptions,
  modelSource,
} from './modelSource.js';
export {
  flaggedPlugins,
  groundingFlag,
  groundingPlugin,
  type ModelNeeds,
  modelNeeds,
  type NeedsOptions,
  type NodeModulesOptions,
  namedDetector,
  namedPlugin,
  nodeModules,
  standardDetectors,
  standardPlugins,
  WITHOUT_GROUNDING,
} from './modules/index.js';
export { removeStaleTemporaries } from './staleFiles.js';
export { type StreamTensorsOptions, streamTensors } from './streamTensors.js';
export { type ReadTensorsOptions, readTensors, readTensorsIfAny, writeTensors } from './tensorFiles.js';
export { fitsText, readLines, readTextFile } from './textFile.js';
export { userFiles } from './userFiles.js';
