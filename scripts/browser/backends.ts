// In a page: the devices of a browser, with their files where `openSite` serves them.

import { wasm as onnxWasm, webgpu as onnxWebgpu } from '@spatiallock/backend-onnx/web';
import { wasm as tfjsWasm, webgpu as tfjsWebgpu } from '@spatiallock/backend-tfjs';
import type { Backend, FileSource } from '@spatiallock/core';
import type { BrowserDevice } from './devices.js';

export const backends: Readonly<Record<BrowserDevice, () => Backend>> = {
  'tfjs-webgpu': tfjsWebgpu,
  'tfjs-wasm': () => tfjsWasm({ path: '/tfjs-wasm/' }),
  'onnx-wasm': () => onnxWasm({ wasmPaths: '/ort/' }),
  'onnx-webgpu': () => onnxWebgpu({ wasmPaths: '/ort/' }),
};

/** The files under an address; a missing one reads as undefined. */
export function fetched(folder: string): FileSource {
  return {
    read: async (path) => {
      const response = await fetch(folder + path);
      return response.ok ? new Uint8Array(await response.arrayBuffer()) : undefined;
    },
  };
}
