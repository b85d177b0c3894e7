// Options that a device does not know are errors, before a runtime is loaded.

import { expect, it } from 'vitest';
import { cpu, cuda } from '../src/index.js';
import { wasm, webgpu } from '../src/web.js';

it.each([
  ['cpu', cpu, { thread: 2 }, 'cpu: "thread" is not known; did you mean threads?'],
  ['cpu', cpu, { threads: '2' }, 'cpu: threads ("2") must be a whole number in 1..1024'],
  ['cpu', cpu, null, 'cpu: must be an object, not null'],
  ['cuda', cuda, { device: 1 }, 'cuda: "device" is not known; did you mean deviceId?'],
  ['cuda', cuda, { deviceId: -1 }, 'cuda: deviceId (-1) must be a whole number of at least 0'],
  ['wasm', wasm, { wasmPath: '/' }, 'wasm: "wasmPath" is not known; did you mean wasmPaths?'],
  ['wasm', wasm, { threads: 0 }, 'wasm: threads (0) must be a whole number in 1..1024'],
  ['cpu', cpu, { threads: 1e9 }, 'cpu: threads (1000000000) must be a whole number in 1..1024'],
  ['wasm', wasm, { threads: 1025 }, 'wasm: threads (1025) must be a whole number in 1..1024'],
  ['cpu', cpu, { precision: 'float16' }, `cpu: precision ("float16") must be 'float32' or 'half'`],
  ['cuda', cuda, { precision: 16 }, `cuda: precision (16) must be 'float32' or 'half'`],
  ['webgpu', webgpu, { precision: 'full' }, `webgpu: precision ("full") must be 'float32' or 'half'`],
  ['wasm', wasm, { precision: 'half' }, 'wasm: "precision" is not known'],
  ['webgpu', webgpu, { threads: 2 }, 'webgpu: "threads" is not known'],
] as const)('%s %#', (_, open, options, message) => {
  expect(() => (open as (options: unknown) => unknown)(options)).toThrow(message);
});
