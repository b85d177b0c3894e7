// What needs no files: the entry point `@spatiallock/training/learn`, for pages and for Node.

export { type LearnOptions, type LearnProgress, type Learnt, learn } from './learn.js';
export type { LearnPicture } from './pictures.js';
export type { LearnFingerprint, LearnState } from './state.js';
