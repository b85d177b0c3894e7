// Faults of a device apart from faults of a graph.

import { messageOf } from '../checks/showValue.js';
import { DeviceError } from './deviceError.js';

/** What runtimes and browsers say of full memory. A read beyond WebAssembly's memory follows a growth that failed. */
const FULL = new RegExp(
  [
    'out of memory|\\bOOM\\b|bad_alloc|enlarge memory|allocation failed|fail(ed|ure) to allocate|could not allocate',
    'allocation size overflow|Invalid (typed array|array buffer|array) length|exceeds? .*buffer size',
    'memory access out of bounds|out of bounds memory access|memory size exceeded|grow (instance )?memory',
  ].join('|'),
  'i',
);
const LOST = /device (was |is )?lost|context lost|destroyed device/i;

/** A package of a device could not be loaded; `peers` holds the versions that fit, as in `peerDependencies`. */
export function packageMissing(
  device: string,
  name: string,
  peers: Readonly<Record<string, string>>,
  cause: unknown,
): DeviceError {
  return new DeviceError({
    device,
    reason: 'unavailable',
    problem: `${name} could not be loaded`,
    advice: `Install it with \`npm install "${name}@${peers[name]}"\`.`,
    cause,
  });
}

/** The error of a device without free memory. */
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

/** The error of a device that was lost; `detail` is what the system says. */
export function deviceLost(device: string, detail: string, cause?: unknown): DeviceError {
  return new DeviceError({
    device,
    reason: 'lost',
    problem: `the device was lost (${detail})`,
    advice: 'Make the backend anew and compile again, or use another device.',
    cause,
  });
}

/** The device's fault behind what a runtime threw; undefined where the graph or its inputs are to blame. */
export function deviceFault(device: string, cause: unknown): DeviceError | undefined {
  if (cause instanceof DeviceError) return cause;
  const message = messageOf(cause);
  if (FULL.test(message)) return outOfMemory(device, cause);
  if (LOST.test(message)) return deviceLost(device, 'while it computed', cause);
  return undefined;
}
