export { type ControlNetConfig, fieldsWithoutEffect, parseControlNetConfig } from './config.js';
export { type ControlCall, type ControlNetOptions, controlnet } from './controlnet.js';
export type { ControlImage, ReadControlImage } from './image.js';
export { plugin } from './module.js';
export type { ControlCallOptions, ControlStrength } from './options.js';
export { type ControlNet, readControlNet } from './readControlNet.js';
