export { compileGraph, type OnnxCompileOptions, type WeightsFile } from './compile.js';
export { buildModel, type BuiltModel } from './build.js';
export { cpu, type CpuOptions, cuda, type CudaOptions, type OnnxBackend } from './node.js';
export type { OrtModule } from './tensors.js';
