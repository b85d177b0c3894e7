import { type Backend, DeviceError } from '@spatiallock/core';
import { outOfMemory, packageMissing } from '@spatiallock/core/backend';
import { checkKeys } from '@spatiallock/core/checks';
import { engine, getKernelsForBackend, type KernelBackend, type TensorInfo } from '@tensorflow/tfjs-core';
import { tfjsBackend } from './backend.js';
import type { Device } from './device.js';
import { refusePrecision } from './errors.js';
import { peers } from './peers.js';

const NAME = 'tfjs-wasm';

/** Options of `wasm`. */
export interface WasmOptions {
  /**
   * The folder (ending in '/') or URL that serves the .wasm files of `@tensorflow/tfjs-backend-wasm`; by default
   * they are looked for beside the script, and in Node inside the package. Counts once, before the first graph.
   */
  readonly path?: string;
}

const OPTIONS = ['path'] as const satisfies readonly (keyof WasmOptions)[];

/**
 * WebAssembly in Node and browsers, with SIMD; threads in a page that is cross-origin isolated. The kernels of
 * `@tensorflow/tfjs-backend-wasm` are bound to one memory for the whole page, so this shares the one that
 * TensorFlow.js itself uses under the name 'wasm'; which backend TensorFlow.js has chosen stays as it is.
 */
export function wasm(options: WasmOptions = {}): Backend {
  refusePrecision(options, 'wasm');
  checkKeys(options, OPTIONS, 'wasm');
  const { path } = options;
  return tfjsBackend(NAME, async (): Promise<Device> => {
    const tf = await import('@tensorflow/tfjs-backend-wasm').catch((cause) => {
      throw packageMissing(NAME, '@tensorflow/tfjs-backend-wasm', peers, cause);
    });
    if (path !== undefined && !sharedMemory) tf.setWasmPaths(path);
    const storage = await shared();
    if (!(storage instanceof tf.BackendWasm)) throw foreign();
    return {
      name: NAME,
      kernels: 'wasm',
      storage,
      checkAllocated: ({ dataId, shape }: TensorInfo) => {
        // The allocator answers 0 where memory has ended.
        const empty = shape.some((n) => n === 0);
        if (!empty && storage.getMemoryOffset(dataId) === 0) throw outOfMemory(NAME);
      },
      // The memory is TensorFlow.js' own, and others may use it.
      dispose: () => {},
    };
  });
}

let sharedMemory: Promise<KernelBackend> | undefined;

/** The memory that TensorFlow.js' engine knows as 'wasm', made and made known to it where it has none yet. */
function shared(): Promise<KernelBackend> {
  const { registry, registryFactory } = engine();
  const present = registry.wasm;
  if (present) return Promise.resolve(present);
  sharedMemory ??= open();
  return sharedMemory;

  async function open(): Promise<KernelBackend> {
    try {
      const made = await registryFactory.wasm!.factory();
      registry.wasm ??= made;
      for (const { setupFunc } of getKernelsForBackend('wasm')) setupFunc?.(registry.wasm);
      return registry.wasm;
    } catch (cause) {
      sharedMemory = undefined;
      throw new DeviceError({
        device: NAME,
        reason: 'unavailable',
        problem: 'the WebAssembly files could not be loaded',
        advice:
          'Serve the .wasm files of @tensorflow/tfjs-backend-wasm and name their folder: wasm({ path }).',
        cause,
      });
    }
  }
}

function foreign(): DeviceError {
  return new DeviceError({
    device: NAME,
    reason: 'unavailable',
    problem: "TensorFlow.js holds a backend 'wasm' of another copy of @tensorflow/tfjs-backend-wasm",
    advice: 'Install one version of it for the whole application.',
  });
}
