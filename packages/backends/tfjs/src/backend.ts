// A backend over a device that is opened when it is first needed.

import type { Backend } from '@spatiallock/core';
import { checkTensors, deviceBackend } from '@spatiallock/core/backend';
import type { Device } from './device.js';
import { executable } from './executable.js';

/**
 * A backend named `name`. `open` loads the packages of the device and checks that it is there; it is called once,
 * when a graph is first compiled, and again after it failed or the backend was disposed of.
 */
export function tfjsBackend(name: string, open: () => Promise<Device>): Backend {
  return deviceBackend({
    name,
    open,
    compile: async (device, graph, params) => {
      checkTensors('params', graph.params, params);
      device.checkAlive?.();
      return executable(device, graph, params);
    },
    close: (device) => device.dispose(),
  });
}
