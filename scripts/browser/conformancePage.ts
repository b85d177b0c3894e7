// The suite in a page: tests outside call `conformance.run(name)` for one case after another.

import { wasm as onnxWasm, webgpu as onnxWebgpu } from '@spatiallock/backend-onnx/web';
import { wasm as tfjsWasm, webgpu as tfjsWebgpu } from '@spatiallock/backend-tfjs';
import { conformanceCases } from '@spatiallock/conformance';
import type { Backend, FileSource } from '@spatiallock/core';
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

const cases = new Map(conformanceCases({ fixtures }).map((one) => [one.name, one]));
let backend: Backend | undefined;

const conformance = {
  open(device: BrowserDevice): void {
    backend = backends[device]();
  },
  async run(name: string): Promise<Outcome> {
    const one = cases.get(name);
    if (!one || !backend) throw new Error(`${name}: no such case, or no device is open`);
    try {
      await one.run(backend);
      return {};
    } catch (error) {
      return { error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
    }
  },
};

export type Conformance = typeof conformance;
Object.assign(globalThis, { conformance });
