import type { Backend } from '@spatiallock/core';
import { DeviceError } from '@spatiallock/core';
import { tfjsBackend } from './backend.js';
import type { Device } from './device.js';
import { deviceLost, outOfMemory } from './errors.js';
import { packageMissing } from './packages.js';

const NAME = 'tfjs-webgpu';

export interface WebGPUOptions {
  readonly powerPreference?: 'low-power' | 'high-performance';
  /** In Node: options of Dawn, as `['backend=vulkan', 'adapter=llvmpipe']`. */
  readonly dawn?: readonly string[];
}

/** What the browser and Node's `webgpu` package call the entrance to graphics cards. */
interface Gpu {
  requestAdapter(options?: { powerPreference?: 'low-power' | 'high-performance' }): Promise<Adapter | null>;
}
interface Adapter {
  readonly limits: Readonly<Record<string, number>>;
  readonly info?: unknown;
  requestDevice(descriptor: { requiredLimits: Record<string, number> }): Promise<GpuDevice>;
}
interface GpuDevice {
  readonly lost: Promise<{ readonly reason?: string; readonly message: string }>;
  pushErrorScope(filter: 'out-of-memory'): void;
  popErrorScope(): Promise<{ readonly message: string } | null>;
  destroy(): void;
}

/**
 * A graphics card through WebGPU, on a device of its own. In a browser it needs `navigator.gpu`; in Node the
 * optional package `webgpu` (Dawn, on Vulkan, Metal or Direct3D), whose classes and `navigator.gpu` become global,
 * because TensorFlow.js looks for them there.
 */
export function webgpu({ powerPreference = 'high-performance', dawn = [] }: WebGPUOptions = {}): Backend {
  return tfjsBackend(NAME, async () => {
    const gpu = await findGpu(dawn);
    const adapter = await gpu.requestAdapter({ powerPreference });
    if (!adapter) throw unavailable('no graphics card answers to WebGPU');
    const device = await adapter.requestDevice({ requiredLimits: limitsOf(adapter) });
    const { WebGPUBackend } = await import('@tensorflow/tfjs-backend-webgpu').catch((cause) => {
      throw packageMissing(NAME, '@tensorflow/tfjs-backend-webgpu', cause);
    });
    const storage = new WebGPUBackend(device as never, (adapter.info ?? {}) as never);
    return deviceOf(storage, device);
  });
}

function deviceOf(storage: Device['storage'] & { dispose(): void }, device: GpuDevice): Device {
  let lost: string | undefined;
  let closing = false;
  device.lost.then(({ reason, message }) => {
    if (!closing) lost = message || reason || 'no reason given';
  });
  const checkAlive = (): void => {
    if (lost !== undefined) throw deviceLost(NAME, lost);
  };
  return {
    name: NAME,
    kernels: 'webgpu',
    storage,
    castsLazily: true,
    checkAlive,
    watchMemory: async (work) => {
      device.pushErrorScope('out-of-memory');
      const [outcome] = await Promise.allSettled([work()]);
      const full = await device.popErrorScope().catch(() => null);
      if (full) throw outOfMemory(NAME, new Error(full.message));
      if (outcome.status === 'fulfilled') return outcome.value;
      checkAlive();
      throw outcome.reason;
    },
    dispose: () => {
      closing = true;
      storage.dispose();
      device.destroy();
    },
  };
}

/** As much as the card has of everything that large maps need. */
function limitsOf({ limits }: Adapter): Record<string, number> {
  const wanted = [
    'maxComputeWorkgroupStorageSize',
    'maxComputeWorkgroupsPerDimension',
    'maxStorageBufferBindingSize',
    'maxBufferSize',
    'maxComputeWorkgroupSizeX',
    'maxComputeInvocationsPerWorkgroup',
  ];
  return Object.fromEntries(wanted.map((name) => [name, limits[name]!]));
}

async function findGpu(dawn: readonly string[]): Promise<Gpu> {
  const { navigator, process } = globalThis as {
    navigator?: { gpu?: Gpu };
    process?: { versions?: { node?: string } };
  };
  if (navigator?.gpu) return navigator.gpu;
  if (!process?.versions?.node) throw unavailable('this browser has no WebGPU');
  const name = 'webgpu';
  const { create, globals } = (await import(/* @vite-ignore */ name).catch((cause) => {
    throw packageMissing(NAME, name, cause);
  })) as { create(options: string[]): Gpu; globals: object };
  Object.assign(globalThis, globals);
  const gpu = create([...dawn]);
  const owner = navigator ?? {};
  Object.defineProperty(owner, 'gpu', { value: gpu, configurable: true });
  if (!navigator) Object.defineProperty(globalThis, 'navigator', { value: owner, configurable: true });
  return gpu;
}

function unavailable(problem: string): DeviceError {
  return new DeviceError({
    device: NAME,
    reason: 'unavailable',
    problem,
    advice: 'Use wasm() or cpu(), or install a driver for Vulkan (on Debian: mesa-vulkan-drivers).',
  });
}
