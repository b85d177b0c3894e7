// One compiled graph's kernels and constants on a device, and what a step leaves behind.

import type { Tensor } from '@spatiallock/core';
import { getKernel, type TensorInfo } from '@tensorflow/tfjs-core';
import type { Device } from './device.js';
import { missingKernel } from './errors.js';
import type { Call, Setup, Step } from './lowering/index.js';
import { upload } from './tensors.js';

export interface Session extends Setup {
  /** Computes a step and frees everything that it made beside its result. */
  compute(step: Step, inputs: readonly TensorInfo[]): TensorInfo;
  /** Frees one reference. */
  free(info: TensorInfo): void;
  /** Another reference to the same numbers. */
  share(info: TensorInfo): TensorInfo;
  dispose(): void;
}

export function openSession(device: Device): Session {
  const { storage } = device;
  const constants: TensorInfo[] = [];
  let made: TensorInfo[] = [];
  const free = ({ dataId }: TensorInfo): void => {
    storage.disposeData(dataId);
  };
  const kernel = (name: string): Call => {
    const kernelFunc = getKernel(name, device.kernels)?.kernelFunc;
    if (!kernelFunc) throw missingKernel(device.name, name);
    return (inputs, attrs = {}) => {
      // Kernels declare narrower types of attributes than the table of kernels can say.
      const result = kernelFunc({
        inputs: inputs as never,
        attrs: attrs as never,
        backend: storage as never,
      });
      const info = Array.isArray(result) ? result[0]! : result;
      made.push(info);
      device.checkAllocated?.(info);
      return info;
    };
  };
  return {
    castsLazily: device.castsLazily ?? false,
    kernel,
    free,
    constant: (tensor: Tensor) => {
      const info = upload(device, tensor);
      constants.push(info);
      return info;
    },
    compute: (step, inputs) => {
      made = [];
      try {
        const result = step(inputs);
        // A step may hand on what it was given: then the result is one more reference.
        const kept = made.includes(result) ? result : share(storage, result);
        for (const info of made) if (info !== kept) free(info);
        return kept;
      } catch (cause) {
        made.forEach(free);
        throw cause;
      } finally {
        made = [];
      }
    },
    share: (info) => share(storage, info),
    dispose: () => {
      constants.splice(0).forEach(free);
    },
  };
}

function share(storage: Device['storage'], info: TensorInfo): TensorInfo {
  storage.incRef(info.dataId);
  return { ...info };
}
