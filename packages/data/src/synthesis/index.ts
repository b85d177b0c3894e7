export { differenceHash } from './differenceHash.js';
export { type DrawnLayout, drawLayout } from './drawLayout.js';
export { type CaptionLayoutOptions, layoutFromCaption } from './layoutFromCaption.js';
export { type LabelOf, type NamedThings, namedThings } from './namedThings.js';
export { duplicateFinder, nearDuplicates } from './nearDuplicates.js';
export { type ClassShare, parseSpecification, type Range, type Specification } from './specification.js';
export { parseSplits, type SplitShare, splitsOf } from './splits.js';
export { type CaptionWords, withCategories } from './withCategories.js';
