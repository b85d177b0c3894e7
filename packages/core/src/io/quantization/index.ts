export { checkScales, encodeNumbers } from './codes.js';
export {
  type CodedEntry,
  formatQuantization,
  parseQuantization,
  QUANTIZATION_KEY,
  scalesOf,
} from './metadata.js';
export { type QuantizedDType, quantizedAs, quantizedDTypes } from './quantize.js';
export { numberShapes, tensorsOf } from './read.js';
