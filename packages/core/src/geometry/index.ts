export { assign } from './assignment.js';
export { type Box, boxArea, containment, giou, intersectionArea, iou, isFarOutside } from './box.js';
export { nonMaximumSuppression, type SuppressionOptions } from './nonMaximumSuppression.js';
export { overlapRatios, type PairAreas } from './overlap.js';
