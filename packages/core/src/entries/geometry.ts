// Boxes: areas, overlaps, pairings, suppression.

export {
  assign,
  type Box,
  boxArea,
  containment,
  giou,
  intersectionArea,
  iou,
  isFarOutside,
  nonMaximumSuppression,
  overlapRatios,
  type PairAreas,
  type SuppressionOptions,
} from '../geometry/index.js';
