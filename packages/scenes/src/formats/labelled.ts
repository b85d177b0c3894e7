import type { Box } from '../shape.js';

/** An object with its name and box (corners in 0..1 of the picture). */
export interface LabelledObject {
  readonly label: string;
  readonly box: Box;
  /** Natural English for this object, when there is any. */
  readonly phrase?: string;
}

/** What data set formats say of one picture. */
export interface LabelledImage {
  readonly fileName: string;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  readonly caption?: string;
  readonly objects: readonly LabelledObject[];
}

/** Rounding in files may push a box this many pixels over the picture's edge; it is cut off there. */
const slack = 1;

/** Makes a box of 0..1 from corners in pixels; throws when it is empty or leaves the picture. */
export function boxFromPixels(corners: Box, width: number, height: number, field: string): Box {
  const [x0, y0, x1, y1] = corners;
  if (!corners.every(Number.isFinite)) throw new Error(`${field}: the box holds a number that is not finite`);
  if (x0 < -slack || y0 < -slack || x1 > width + slack || y1 > height + slack) {
    const text = corners.map((corner) => corner.toFixed(1)).join(', ');
    throw new Error(
      `${field}: the box [${text}] (corners in pixels) leaves the picture of ${width} x ${height}`,
    );
  }
  const unit = (value: number, side: number): number => Math.min(1, Math.max(0, value / side));
  const box: Box = [unit(x0, width), unit(y0, height), unit(x1, width), unit(y1, height)];
  if (box[2] <= box[0] || box[3] <= box[1])
    throw new Error(`${field}: the box is empty; give it a width and a height`);
  return box;
}
