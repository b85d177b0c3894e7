// The card at TF32, beside one that trains at less: `--encoder` for latents that keep their digits.

import { torchBackend } from './src/index.js';

export default () => {
  const { TORCH_DEVICE, TORCH_PYTHON: python, TORCH_WORKER: worker } = process.env;
  const device = TORCH_DEVICE === 'cpu' ? 'cpu' : 'cuda';
  return torchBackend({
    device,
    python,
    worker,
    precision: 'tf32',
    cudaGraphs: true,
    onLine: (line) => console.error(`encoder: ${line}`),
  });
};
