// A backend over a runtime that is opened when it is first needed.

import type { Backend } from '@spatiallock/core';
import { deviceBackend } from '@spatiallock/core/backend';
import { compileGraph, type Runtime } from './compile.js';
import type { PrecisionOption } from './precision.js';

/**
 * `open` loads the runtime and checks the device, when a graph is first compiled. A backend of half precision has it in its
 * name, for its numbers are others.
 */
export function onnxBackend(
  name: string,
  open: () => Promise<Runtime>,
  { precision = 'float32' }: PrecisionOption = {},
): Backend {
  const isHalf = precision === 'half';
  return deviceBackend({
    name: isHalf ? `${name}-half` : name,
    ...(isHalf ? { precision } : {}),
    open: async () => {
      const runtime = await open();
      return isHalf ? { ...runtime, target: { ...runtime.target, half: true } } : runtime;
    },
    compile: compileGraph,
    close: (runtime) => runtime.close?.(),
  });
}
