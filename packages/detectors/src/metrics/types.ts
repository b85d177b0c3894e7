import type { Box } from '@spatiallock/core';
import type { Detection } from '../detector.js';

/** An object that ought to be in the image. */
export interface LabelledBox {
  readonly label: string;
  readonly box: Box;
  /** A region of many objects (COCO's `iscrowd`): detections inside it count neither for nor against. */
  readonly crowd?: boolean;
  /** Area of the object's mask as a fraction of the image, for COCO's size ranges; the box's area if absent. */
  readonly area?: number;
}

/** Width and height in pixels. */
export interface ImageSize {
  readonly width: number;
  readonly height: number;
}

/** One image: what ought to be there, and what a detector saw. */
export interface EvaluatedImage {
  readonly truth: readonly LabelledBox[];
  readonly detections: readonly Detection[];
  /** Pixels of this image; `EvaluationOptions.imageSize` if absent. */
  readonly size?: ImageSize;
}
