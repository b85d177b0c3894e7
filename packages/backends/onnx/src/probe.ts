import { DeviceError, type Executable, input, negate } from '@spatiallock/core';
import type { DeviceErrorOptions } from '@spatiallock/core/backend';
import { compileGraph, type Runtime } from './compile.js';

/**
 * Opens a session on the smallest model, to tell a missing device from a fault in a graph. Dispose of it, or keep it
 * for as long as the runtime drops what it compiled for the device with its last session.
 */
export async function requireDevice(
  runtime: Runtime,
  missing: Pick<DeviceErrorOptions, 'device' | 'problem' | 'advice'>,
): Promise<Executable> {
  const x = input('x', [1]);
  try {
    const smallest = { inputs: { x }, params: {}, outputs: { y: negate(x) } };
    return await compileGraph(runtime, smallest, {});
  } catch (cause) {
    throw new DeviceError({ ...missing, reason: 'unavailable', cause });
  }
}
