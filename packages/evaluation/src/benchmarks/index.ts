export { type Hsv, rgbToHsv } from './hsv.js';
export { type LayoutScore, layoutScore, layoutThresholds } from './layoutScore.js';
export { colourShare, colourShares, isMigColour, type MigColour, migColours } from './migColours.js';
export { type MigFigures, type MigScore, migScore } from './migScore.js';
export { type OverlapPicture, type OverlapScore, overlapScore } from './overlapScore.js';
export { type BenchmarkScores, benchmarkScores, type CrowdedPicture } from './scores.js';
export type { BenchmarkObject, BenchmarkPicture, ColouredPicture } from './types.js';
