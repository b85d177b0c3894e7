// A graphics card through WebGPU, for any runtime that takes a device. WebGPU's types belong to the DOM; only
// what is used of them stands here.

import { checkMethods, checkObject, messageOf } from '../checks/index.js';
import { DeviceError } from './deviceError.js';
import { deviceLost, outOfMemory } from './faults.js';

/** Which of several GPUs WebGPU chooses. */
export type PowerPreference = 'low-power' | 'high-performance';

/** `navigator.gpu`. */
export interface Gpu {
  /** As WebGPU's; null where there is no adapter. */
  requestAdapter(options?: { powerPreference?: PowerPreference }): Promise<GpuAdapter | null>;
}
interface GpuAdapter {
  readonly limits: Readonly<Record<string, number>>;
  readonly info?: unknown;
  /** Names of what the card can do beyond the least. */
  readonly features?: { has(name: string): boolean };
  requestDevice(descriptor: {
    requiredLimits: Record<string, number>;
    requiredFeatures?: readonly string[];
  }): Promise<GpuDevice>;
}
/** The part of WebGPU's GPUDevice that backends use, so that core needs no DOM types. */
export interface GpuDevice {
  readonly lost: Promise<{ readonly reason?: string; readonly message: string }>;
  /** As WebGPU's. */
  pushErrorScope(filter: 'out-of-memory'): void;
  /** As WebGPU's: the error that the scope caught, or null. */
  popErrorScope(): Promise<{ readonly message: string } | null>;
  /** As WebGPU's. */
  destroy(): void;
}

/** A device of WebGPU, and whether it still works. */
export interface OpenGpu {
  readonly device: GpuDevice;
  /** What the browser tells of the card. */
  readonly info: unknown;
  /** Throws if the device is lost. */
  checkAlive(): void;
  /** Runs work, and throws if the device was lost or ran out of memory meanwhile. One at a time. */
  watch<T>(work: () => Promise<T>): Promise<T>;
  /** Destroys the device. */
  close(): void;
}

/** As much as the card has of everything that large maps need. */
const LIMITS = [
  'maxComputeWorkgroupStorageSize',
  'maxComputeWorkgroupsPerDimension',
  'maxStorageBufferBindingSize',
  'maxBufferSize',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupSizeY',
  'maxComputeWorkgroupSizeZ',
  'maxComputeInvocationsPerWorkgroup',
  'maxStorageBuffersPerShaderStage',
];

/** WebGPU's name of half precision. */
const HALF = 'shader-f16';

export interface OpenGpuOptions {
  readonly powerPreference?: PowerPreference;
  /** Asks for the feature 'shader-f16', half precision in shaders. Default false. */
  readonly half?: boolean;
}

/**
 * Opens a device of its own for the backend `name`; throws a DeviceError where no graphics card answers, or none with half
 * precision where that is asked for.
 */
export async function openGpu(
  name: string,
  gpu: Gpu | undefined,
  options: OpenGpuOptions = {},
): Promise<OpenGpu> {
  const { powerPreference = 'high-performance', half = false } = checkObject(
    options,
    'options',
  ) as OpenGpuOptions;
  if (!gpu) throw unavailable(name, 'this browser has no WebGPU');
  checkMethods(gpu, ['requestAdapter'], 'gpu', 'navigator.gpu');
  const adapter = await gpu.requestAdapter({ powerPreference });
  if (!adapter) throw unavailable(name, 'no graphics card answers to WebGPU');
  if (half && !adapter.features?.has(HALF)) {
    throw new DeviceError({
      device: name,
      reason: 'missing-feature',
      problem: `this graphics card or browser has no half precision in shaders (${HALF})`,
      advice: "Leave out `precision: 'half'`.",
    });
  }
  const known = LIMITS.filter((limit) => adapter.limits[limit] !== undefined);
  const device = await adapter.requestDevice({
    requiredLimits: Object.fromEntries(known.map((limit) => [limit, adapter.limits[limit]!])),
    ...(half ? { requiredFeatures: [HALF] } : {}),
  });
  return { device, info: adapter.info, ...watching(name, device) };
}

function watching(name: string, device: GpuDevice): Pick<OpenGpu, 'checkAlive' | 'watch' | 'close'> {
  let lost: string | undefined;
  let closing = false;
  device.lost.then(
    ({ reason, message }) => {
      if (!closing) lost = message || reason || 'no reason given';
    },
    // WebGPU says that it never rejects; a device that no longer answers counts as lost.
    (cause: unknown) => {
      if (!closing) lost = messageOf(cause);
    },
  );
  const checkAlive = (): void => {
    if (lost !== undefined) throw deviceLost(name, lost);
  };
  return {
    checkAlive,
    watch: async (work) => {
      checkAlive();
      device.pushErrorScope('out-of-memory');
      const [outcome] = await Promise.allSettled([work()]);
      const full = await device.popErrorScope().catch(() => null);
      // A runtime that failed may have left a scope of its own open, for errors of another kind.
      if (full?.constructor.name === 'GPUOutOfMemoryError') throw outOfMemory(name, new Error(full.message));
      if (outcome.status === 'fulfilled') return outcome.value;
      checkAlive();
      throw outcome.reason;
    },
    close: () => {
      closing = true;
      device.destroy();
    },
  };
}

function unavailable(device: string, problem: string): DeviceError {
  return new DeviceError({
    device,
    reason: 'unavailable',
    problem,
    advice:
      'Use a device of WebAssembly, another browser, or install a driver for Vulkan ' +
      '(on Debian: mesa-vulkan-drivers).',
  });
}
