export { attentionGuidance } from './attentionGuidance.js';
export { plugin } from './module.js';
export type { AttentionGuidanceCallOptions, AttentionGuidanceOptions, Method } from './options.js';
