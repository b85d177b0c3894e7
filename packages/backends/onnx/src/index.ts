export { onnxBackend, type OnnxBackend } from './backend.js';
export { blockSize } from './blockSize.js';
export { buildModel, type BuiltModel } from './build.js';
export { compileGraph, type OnnxCompileOptions, type Runtime } from './compile.js';
export type { Target } from './emitter.js';
export { cpu, type CpuOptions, cuda, type CudaOptions } from './node.js';
export type { OrtModule } from './tensors.js';
export type { WeightsFile } from './weights.js';
