// The suite in a page: tests outside call `conformance.run(i)` for one case after another.

import { wasm as onnxWasm, webgpu as onnxWebgpu } from '@spatiallock/backend-onnx/web';
import { wasm as tfjsWasm, webgpu as tfjsWebgpu } from '@spatiallock/backend-tfjs';
import { type Backend, DeviceError, type FileSource } from '@spatiallock/core';
import { conformanceCases } from '../src/index.js';
import type { BrowserDevice, Outcome } from './devices.js';

const fixtures: FileSource = {
  read: async (path) => {
    const response = await fetch(`/fixtures/${path}`);
    return response.ok ? new Uint8Array(await response.arrayBuffer()) : undefined;
  },
};

const backends: Readonly<Record<BrowserDevice, () => Backend>> = {
  'tfjs-webgpu': tfjsWebgpu,
  'tfjs-wasm': () => tfjsWasm({ path: '/tfjs-wasm/' }),
  'onnx-wasm': () => onnxWasm({ wasmPaths: '/ort/' }),
  'onnx-webgpu': () => onnxWebgpu({ wasmPaths: '/ort/' }),
};

const cases = conformanceCases({ fixtures });
let backend: Backend | undefined;

const conformance = {
  names: () => cases.map(({ name }) => name),
  open: (device: BrowserDevice) => {
    backend = backends[device]();
  },
  async run(index: number): Promise<Outcome> {
    const start = performance.now();
    try {
      await cases[index]!.run(backend!);
      return { milliseconds: performance.now() - start };
    } catch (error) {
      const reason = error instanceof DeviceError ? error.reason : undefined;
      return { milliseconds: performance.now() - start, error: String(error), reason };
    }
  },
  isolated: () => globalThis.crossOriginIsolated,
};

export type Conformance = typeof conformance;
Object.assign(globalThis, { conformance });
