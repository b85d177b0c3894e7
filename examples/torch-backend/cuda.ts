// The backend as a module for `--backend`: a CUDA card, set by the variables of `environment.ts` and TORCH_OPTIONS
// (JSON of other options).

import { torchEnvironment } from './environment.js';
import { type TorchOptions, torchBackend } from './src/index.js';

export default () => {
  const { TORCH_OPTIONS = '{}' } = process.env;
  return torchBackend({ ...torchEnvironment('torch'), ...(JSON.parse(TORCH_OPTIONS) as TorchOptions) });
};
