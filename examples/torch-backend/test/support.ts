import { torchPython } from '../require.js';
import { type TorchOptions, torchBackend } from '../src/index.js';

export const python = torchPython();

export const torchCpu = (options: TorchOptions = {}) => torchBackend({ python, ...options });
