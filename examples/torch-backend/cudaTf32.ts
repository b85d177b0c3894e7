// The same card in TF32, beside a backend that trains in bfloat16: a module for `--encoder`, whose latents keep their digits.

import { torchEnvironment } from './environment.js';
import { torchBackend } from './src/index.js';

export default () => torchBackend({ ...torchEnvironment('encoder'), precision: 'tf32', cudaGraphs: true });
