import { DeviceError } from '@spatiallock/core';

/** A package of a device could not be loaded. */
export function packageMissing(device: string, name: string, cause: unknown): DeviceError {
  return new DeviceError({
    device,
    reason: 'unavailable',
    problem: `${name} could not be loaded`,
    advice: `Install it with \`npm install ${name}\`.`,
    cause,
  });
}
