export { differenceHash, nearDuplicates } from './differenceHash.js';
export { type DrawnLayout, drawLayout } from './drawLayout.js';
export { type ClassShare, parseSpecification, type Range, type Specification } from './specification.js';
export { parseSplits, type SplitShare, splitsOf } from './splits.js';
