// The backend as a module for `--backend`: a CUDA card, set by the variables TORCH_DEVICE, TORCH_PYTHON,
// TORCH_WORKER (path of worker.py) and TORCH_OPTIONS (JSON of other options).

import { type TorchOptions, torchBackend } from './src/index.js';

export default () => {
  const { TORCH_DEVICE, TORCH_PYTHON, TORCH_WORKER, TORCH_OPTIONS = '{}' } = process.env;
  return torchBackend({
    device: (TORCH_DEVICE ?? 'cuda') as TorchOptions['device'],
    onLine: (line) => console.error(`torch: ${line}`),
    ...(TORCH_PYTHON ? { python: TORCH_PYTHON } : {}),
    ...(TORCH_WORKER ? { worker: TORCH_WORKER } : {}),
    ...(JSON.parse(TORCH_OPTIONS) as TorchOptions),
  });
};
