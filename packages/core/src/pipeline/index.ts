export * from './layout.js';
export * from './plugin.js';
export * from './tokenizer.js';
