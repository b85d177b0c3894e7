import type { Backend } from '@spatiallock/core';
import {
  type Gpu,
  type OpenGpu,
  openGpu,
  type PowerPreference,
  packageMissing,
} from '@spatiallock/core/backend';
import { checkKeys } from '@spatiallock/core/checks';
import { tfjsBackend } from './backend.js';
import type { Device } from './device.js';
import { refusePrecision } from './errors.js';
import { peers } from './peers.js';

const NAME = 'tfjs-webgpu';

/** Options of `webgpu`. */
export interface WebGPUOptions {
  readonly powerPreference?: PowerPreference;
  /** In Node: options of Dawn, as `['backend=vulkan', 'adapter=llvmpipe']`. */
  readonly dawn?: readonly string[];
}

const OPTIONS = ['powerPreference', 'dawn'] as const satisfies readonly (keyof WebGPUOptions)[];

/**
 * A graphics card through WebGPU, on a device of its own. In a browser it needs `navigator.gpu`; in Node the
 * optional package `webgpu` (Dawn, on Vulkan, Metal or Direct3D), whose classes and `navigator.gpu` become global,
 * because TensorFlow.js looks for them there.
 */
export function webgpu(options: WebGPUOptions = {}): Backend {
  refusePrecision(options, 'webgpu');
  checkKeys(options, OPTIONS, 'webgpu');
  const { powerPreference, dawn = [] } = options;
  return tfjsBackend(NAME, async () => {
    const gpu = await openGpu(NAME, await findGpu(dawn), { powerPreference });
    const { WebGPUBackend } = await import('@tensorflow/tfjs-backend-webgpu').catch((cause) => {
      throw packageMissing(NAME, '@tensorflow/tfjs-backend-webgpu', peers, cause);
    });
    const storage = new WebGPUBackend(gpu.device as never, (gpu.info ?? {}) as never);
    return deviceOf(storage, gpu);
  });
}

function deviceOf(storage: Device['storage'] & { dispose(): void }, gpu: OpenGpu): Device {
  return {
    name: NAME,
    kernels: 'webgpu',
    storage,
    castsLazily: true,
    checkAlive: gpu.checkAlive,
    watchMemory: gpu.watch,
    dispose: () => {
      storage.dispose();
      gpu.close();
    },
  };
}

/** `navigator.gpu`, or in Node the package `webgpu`. */
async function findGpu(dawn: readonly string[]): Promise<Gpu | undefined> {
  const { navigator, process } = globalThis as {
    navigator?: { gpu?: Gpu };
    process?: { versions?: { node?: string } };
  };
  if (navigator?.gpu) return navigator.gpu;
  if (!process?.versions?.node) return undefined;
  const name = 'webgpu';
  const { create, globals } = (await import(/* @vite-ignore */ name).catch((cause) => {
    throw packageMissing(NAME, name, peers, cause);
  })) as { create(options: string[]): Gpu; globals: object };
  Object.assign(globalThis, globals);
  const gpu = create([...dawn]);
  const owner = navigator ?? {};
  Object.defineProperty(owner, 'gpu', { value: gpu, configurable: true });
  if (!navigator) Object.defineProperty(globalThis, 'navigator', { value: owner, configurable: true });
  return gpu;
}
