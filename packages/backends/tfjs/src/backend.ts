// A backend over a device that is opened when it is first needed.

import type { Backend, Executable } from '@spatiallock/core';
import type { Device } from './device.js';
import { executable } from './executable.js';
import { checkTensors } from './tensors.js';

/**
 * A backend named `name`. `open` loads the packages of the device and checks that it is there; it is called once,
 * when a graph is first compiled, and again after it failed or the backend was disposed of.
 */
export function tfjsBackend(name: string, open: () => Promise<Device>): Backend {
  const live = new Set<Executable>();
  let device: Promise<Device> | undefined;
  const opened = (): Promise<Device> => {
    device ??= open().catch((cause) => {
      device = undefined;
      throw cause;
    });
    return device;
  };
  return {
    name,
    async compile(graph, params, { signal } = {}) {
      signal?.throwIfAborted();
      checkTensors('params', graph.params, params);
      const ready = await opened();
      signal?.throwIfAborted();
      ready.checkAlive?.();
      const compiled = executable(ready, graph, params);
      const tracked: Executable = {
        ...compiled,
        dispose: async () => {
          live.delete(tracked);
          await compiled.dispose();
        },
      };
      live.add(tracked);
      return tracked;
    },
    async dispose() {
      await Promise.all([...live].map((compiled) => compiled.dispose()));
      const open = device;
      device = undefined;
      (await open?.catch(() => undefined))?.dispose();
    },
  };
}
