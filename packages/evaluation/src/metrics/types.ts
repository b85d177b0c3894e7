import type { Detection, ImageSize, LabelledBox } from '@spatiallock/core';

/** One image: what ought to be there, and what a detector saw. */
export interface EvaluatedImage {
  readonly truth: readonly LabelledBox[];
  readonly detections: readonly Detection[];
  /** Pixels of this image; `EvaluationOptions.imageSize` if absent. */
  readonly size?: ImageSize;
}
