export {
  checkFiles,
  type FileOnDisk,
  type FileSink,
  type FileSource,
  readFile,
  readJsonFile,
  type WeightOptions,
} from './files.js';
export { bfloat16ToFloat32, float16ToFloat32, float32ToFloat16 } from './float16.js';
export { halfPrecision, halvesOf } from './halfPrecision.js';
export {
  readComponentConfig,
  readModelIndex,
  readWeights,
  readWeightsIfAny,
  weightPaths,
} from './modelDirectory.js';
export type { ComponentClass, ModelIndex } from './modelIndex.js';
export { checkSafetensors, openSafetensors, readSafetensorsHead } from './openSafetensors.js';
export { isPickle, pickleCommands, pickleRefusal } from './pickle.js';
export {
  type CodedEntry,
  encodeNumbers,
  formatQuantization,
  numberShapes,
  QUANTIZATION_KEY,
  type QuantizedDType,
  quantizedAs,
  quantizedDTypes,
  scalesOf,
} from './quantization/index.js';
export { type ReadSafetensorsOptions, readSafetensors, writeSafetensors } from './safetensors.js';
export {
  readSafetensorsHeader,
  type SafetensorsDType,
  type SafetensorsEntry,
  type SafetensorsHeader,
} from './safetensorsHeader.js';
export { type FileDType, layoutSafetensors, type SafetensorsLayout } from './safetensorsLayout.js';
export { decodeUtf8, encodeUtf8, isJsonObject, type JsonObject, parseJson, parseJsonObject } from './text.js';
export { type FetchLike, type ResponseLike, type UrlFilesOptions, urlFiles } from './urlFiles.js';
export {
  type ComponentContent,
  type ModelContent,
  type WriteModelOptions,
  writeModelDirectory,
} from './writeModelDirectory.js';
