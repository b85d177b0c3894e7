// The devices that a page may compute on. A runtime is loaded only when its device is asked for.

import type { Backend } from '@spatiallock/core';
import type { AssetCache, OnBytes } from './assetCache.js';
import type { DeviceId } from './protocol.js';

export interface OpenDevice {
  readonly backend: Backend;
  readonly note?: string;
}

export interface DeviceContext {
  readonly base: string;
  readonly assets: AssetCache;
  readonly onBytes?: OnBytes;
  /** Called with a file of the visitor's address, and the bytes of it that are here and that there will be. */
  readonly onDownload?: (file: string, loaded: number, total: number) => void;
}

const WASM = 'runtime/ort-wasm-simd-threaded';

/** The files of the site that a device needs beside the page's scripts. */
export const runtimeFiles: Readonly<Record<DeviceId, readonly string[]>> = {
  'onnx-wasm': [`${WASM}.wasm.packed`],
  'onnx-webgpu': [`${WASM}.asyncify.wasm.packed`],
  'tfjs-webgpu': [],
  'tfjs-wasm': [],
  'tfjs-cpu': [],
};

export async function openDevice(id: DeviceId, context: DeviceContext): Promise<OpenDevice> {
  const { base } = context;
  if (id === 'onnx-wasm') {
    const { wasm } = await import('@spatiallock/backend-onnx/web');
    const threads = crossOriginIsolated ? Math.min(8, navigator.hardwareConcurrency) : 1;
    const backend = wasm({ wasmPaths: await ortFiles(WASM, context), onNote: () => undefined });
    const note = crossOriginIsolated
      ? `${threads} ${threads === 1 ? 'thread' : 'threads'}`
      : '1 thread: this host sends no isolation headers';
    return { backend, note };
  }
  if (id === 'onnx-webgpu') {
    const { webgpu } = await import('@spatiallock/backend-onnx/web');
    return {
      backend: webgpu({ wasmPaths: await ortFiles(`${WASM}.asyncify`, context) }),
      ...(await cardNote()),
    };
  }
  const tfjs = await import('@spatiallock/backend-tfjs');
  if (id === 'tfjs-webgpu') return { backend: tfjs.webgpu(), ...(await cardNote()) };
  if (id === 'tfjs-wasm') {
    // Its threads run a function's source text, which does not survive bundling.
    const { env } = await import('@tensorflow/tfjs-core');
    // It makes the setting known.
    await import('@tensorflow/tfjs-backend-wasm');
    env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
    return { backend: tfjs.wasm({ path: new URL('runtime/', base).href }), note: '1 thread' };
  }
  return { backend: tfjs.cpu(), note: 'plain JavaScript, for when nothing else works' };
}

/** ONNX Runtime's loader by its address, and its WebAssembly unpacked. */
async function ortFiles(name: string, { base, assets, onBytes }: DeviceContext) {
  const bytes = await assets.unpacked(`${name}.wasm.packed`, onBytes);
  return {
    mjs: new URL(`${name}.mjs`, base).href,
    wasm: URL.createObjectURL(new Blob([bytes], { type: 'application/wasm' })),
  };
}

interface Gpu {
  requestAdapter(): Promise<{
    readonly info?: { readonly vendor?: string; readonly description?: string };
  } | null>;
}

async function cardNote(): Promise<{ readonly note?: string }> {
  const { gpu } = navigator as { readonly gpu?: Gpu };
  const info = (await gpu?.requestAdapter())?.info;
  const note = info?.description || info?.vendor;
  return note ? { note } : {};
}
