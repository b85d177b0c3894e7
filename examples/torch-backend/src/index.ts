export { type TorchOptions, torchBackend } from './backend.js';
