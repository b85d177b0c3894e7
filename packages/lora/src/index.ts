export { type LoraCallOptions, type LoraOptions, lora } from './lora.js';
export { type LoraLayer, type LoraLayers, readLora } from './loraFile.js';
export { type LorasCallOptions, loras, type NamedLora } from './loras.js';
export { plugin } from './module.js';
