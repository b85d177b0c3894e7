// A backend over a runtime that is opened when it is first needed.

import type { Backend } from '@spatiallock/core';
import { deviceBackend } from '@spatiallock/core/backend';
import { compileGraph, type Runtime } from './compile.js';

/** `open` loads the runtime and checks the device, when a graph is first compiled. */
export function onnxBackend(name: string, open: () => Promise<Runtime>): Backend {
  return deviceBackend({ name, open, compile: compileGraph, close: (runtime) => runtime.close?.() });
}
