// What needs no files: the entry point `@spatiallock/training/learn`, for pages and for Node.

export {
  type LearnOptions,
  type LearnPicture,
  type LearnProgress,
  type LearnState,
  type Learnt,
  learn,
} from './learn.js';
