export { attentionGuidance } from './attentionGuidance.js';
export type { AttentionGuidanceCallOptions, AttentionGuidanceOptions, Method } from './options.js';
