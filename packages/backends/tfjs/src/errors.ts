// Faults of a device apart from faults of a graph.

import { attrsOf, DeviceError, describe, type LeafAttrs, parameterOp, type Value } from '@spatiallock/core';

const FULL =
  /out of memory|OOM|enlarge memory|allocation failed|Invalid typed array length|exceeds? .*buffer size/i;
const LOST = /device (was |is )?lost|context lost|destroyed device/i;

export function outOfMemory(device: string, cause?: unknown): DeviceError {
  return new DeviceError({
    device,
    reason: 'out-of-memory',
    problem: 'the device has no memory left',
    advice:
      'Use smaller pictures, a smaller batch or another device, and dispose of graphs no longer needed.',
    cause,
  });
}

export function deviceLost(device: string, detail: string, cause?: unknown): DeviceError {
  return new DeviceError({
    device,
    reason: 'lost',
    problem: `the device was lost (${detail})`,
    advice: 'Make the backend anew and compile again, or use wasm() or cpu().',
    cause,
  });
}

export function missingKernel(device: string, kernel: string): DeviceError {
  return new DeviceError({
    device,
    reason: 'missing-feature',
    problem: `TensorFlow.js has no kernel ${kernel} for this device`,
    advice: 'Use version 4.22 of all @tensorflow packages, or another device.',
  });
}

/** An error at run time, with the op and the parameter that it came from. */
export function runError(device: string, value: Value, cause: unknown): Error {
  if (cause instanceof DeviceError) return cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  if (FULL.test(message)) return outOfMemory(device, cause);
  if (LOST.test(message)) return deviceLost(device, 'while it computed', cause);
  return new Error(`${device}: ${labelOf(value)}: ${message}`, { cause });
}

/** `conv2d[1, 64, 8, 8] of unet.conv_in.weight`. */
export function labelOf(value: Value): string {
  const read = value.inputs.find((x) => x.op === parameterOp);
  return read ? `${describe(value)} of ${attrsOf<LeafAttrs>(read).name}` : describe(value);
}
