export { tfjsBackend } from './backend.js';
export { cpu } from './cpu.js';
export type { Device, Storage } from './device.js';
export { prepare } from './passes/index.js';
export { type WasmOptions, wasm } from './wasm.js';
export { type WebGPUOptions, webgpu } from './webgpu.js';
