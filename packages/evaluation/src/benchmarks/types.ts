import type { Box, Detection, ImageSize } from '@spatiallock/core';

/** An object of a benchmark's layout. */
export interface BenchmarkObject {
  /** As the benchmark names it: "a blue cat". */
  readonly phrase: string;
  readonly box: Box;
  /** The detector's label of it, undefined where the detector knows none: then it is not found. */
  readonly label?: string;
  /** The colour word of its phrase, for rules that judge colours. */
  readonly colour?: string;
}

/** A picture of a benchmark's layout, and what a detector saw in it. */
export interface BenchmarkPicture {
  readonly objects: readonly BenchmarkObject[];
  readonly detections: readonly Detection[];
  /** Pixels of this picture, for COCO's figures; those of all pictures if absent. */
  readonly size?: ImageSize;
}

/** A picture whose colours were judged, too. */
export interface ColouredPicture extends BenchmarkPicture {
  /** For each object the share of its pixels that have the colour asked for, see `colourShares`. */
  readonly colourShares: readonly (number | undefined)[];
}
