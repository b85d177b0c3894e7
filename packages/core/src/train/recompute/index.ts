export { type RecomputeOptions, recompute } from './recompute.js';
