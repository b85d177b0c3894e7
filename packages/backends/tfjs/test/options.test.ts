// Options that a device does not know are errors, before a runtime is loaded.

import { expect, it } from 'vitest';
import { wasm, webgpu } from '../src/index.js';

it.each([
  ['wasm', wasm, { wasmPath: '/' }, 'wasm: "wasmPath" is not known'],
  ['wasm', wasm, { precision: 'half' }, 'wasm: precision: TensorFlow.js computes in float32 alone'],
  ['webgpu', webgpu, { precision: 'half' }, 'webgpu: precision: TensorFlow.js computes in float32 alone'],
  [
    'webgpu',
    webgpu,
    { powerpreference: 'low-power' },
    'webgpu: "powerpreference" is not known; did you mean powerPreference?',
  ],
] as const)('%s', (_, open, options, message) => {
  expect(() => (open as (options: unknown) => unknown)(options)).toThrow(message);
});
