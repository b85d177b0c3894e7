export * from './autoencoderDc.js';
export * from './autoencoderDcConfig.js';
export * as autoencoderKl from './autoencoderKl.js';
export * from './autoencoderKlConfig.js';
export * as autoencoderTiny from './autoencoderTiny.js';
export { type AutoencoderTinyConfig, parseAutoencoderTinyConfig } from './autoencoderTiny.js';
export * from './blocks/attention.js';
export * from './blocks/resnet.js';
export * from './blocks/timestep.js';
export * from './checkParams.js';
export * from './clipText.js';
export * from './clipTextConfig.js';
export * from './combineHooks.js';
export * from './config.js';
export { type ConfigSize, checkConfigSizes, unetEncoderSizes } from './configSizes.js';
export * from './hooks.js';
export { unet2dCondition } from './unet2dCondition.js';
export * from './unet2dConditionConfig.js';
export { type UNetEncoding, type UNetInputs, unetEncoder } from './unetEncoder.js';
export {
  type DownBlockType,
  type MidBlockType,
  readUNetEncoderConfig,
  type UNetEncoderConfig,
  unetEncoderLayers,
} from './unetEncoderConfig.js';
