// What the variables TORCH_DEVICE, TORCH_PYTHON and TORCH_WORKER (path of worker.py) say of a backend.

import type { TorchOptions } from './src/index.js';

/** Options of a backend whose lines begin with `name`; the device is a CUDA card where nothing else is said. */
export function torchEnvironment(name: string): TorchOptions {
  const { TORCH_DEVICE, TORCH_PYTHON, TORCH_WORKER } = process.env;
  return {
    device: (TORCH_DEVICE ?? 'cuda') as TorchOptions['device'],
    onLine: (line) => console.error(`${name}: ${line}`),
    ...(TORCH_PYTHON ? { python: TORCH_PYTHON } : {}),
    ...(TORCH_WORKER ? { worker: TORCH_WORKER } : {}),
  };
}
