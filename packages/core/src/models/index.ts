export * from './hooks.js';
export * from './autoencoderDc.js';
