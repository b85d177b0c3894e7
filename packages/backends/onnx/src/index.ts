export { onnxBackend } from './backend.js';
export { blockSize } from './blockSize.js';
export { type BuiltModel, buildModel } from './build.js';
export { compileGraph, type Runtime } from './compile.js';
export type { Target } from './emitter.js';
export { exportModel } from './exportModel.js';
export { type CpuOptions, type CudaOptions, cpu, cuda } from './node.js';
export type { OrtModule } from './tensors.js';
