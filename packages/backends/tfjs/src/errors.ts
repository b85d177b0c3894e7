// Faults of a device apart from faults of a graph.

import { DeviceError, messageOf, type Value } from '@spatiallock/core';
import { attrsOf, describe, deviceFault, type LeafAttrs, parameterOp } from '@spatiallock/core/backend';
import { checkObject } from '@spatiallock/core/checks';
import { peers } from './peers.js';

export function missingKernel(device: string, kernel: string): DeviceError {
  return new DeviceError({
    device,
    reason: 'missing-feature',
    problem: `TensorFlow.js has no kernel ${kernel} for this device`,
    advice: `Use version ${peers['@tensorflow/tfjs-core']} of all @tensorflow packages, or another device.`,
  });
}

/** Throws where half precision is asked of a device of TensorFlow.js, whose kernels compute in float32 alone. */
export function refusePrecision(options: object, device: string): void {
  checkObject(options, device);
  if (!Object.hasOwn(options, 'precision')) return;
  throw new Error(
    `${device}: precision: TensorFlow.js computes in float32 alone; leave it out, or use webgpu of @spatiallock/backend-onnx/web`,
  );
}

/** An error at run time, with the op and the parameter that it came from. */
export function runError(device: string, value: Value, cause: unknown): Error {
  const message = messageOf(cause);
  return deviceFault(device, cause) ?? new Error(`${device}: ${labelOf(value)}: ${message}`, { cause });
}

/** `conv2d[1, 64, 8, 8] of unet.conv_in.weight`. */
export function labelOf(value: Value): string {
  const read = value.inputs.find((x) => x.op === parameterOp);
  return read ? `${describe(value)} of ${attrsOf<LeafAttrs>(read).name}` : describe(value);
}
