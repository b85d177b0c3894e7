import { DeviceError, type DeviceErrorOptions, input, negate } from '@spatiallock/core';
import { compileGraph, type Runtime } from './compile.js';

/** Opens a session on the smallest model, to tell a missing device from a fault in a graph. */
export async function requireDevice(
  runtime: Runtime,
  missing: Pick<DeviceErrorOptions, 'device' | 'problem' | 'advice'>,
): Promise<Runtime> {
  const x = input('x', [1]);
  try {
    const smallest = { inputs: { x }, params: {}, outputs: { y: negate(x) } };
    await (await compileGraph(runtime, smallest, {})).dispose();
    return runtime;
  } catch (cause) {
    throw new DeviceError({ ...missing, reason: 'unavailable', cause });
  }
}
