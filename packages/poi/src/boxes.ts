// What a box says to the network: Fourier features of its corners, and where each cell of a grid lies in it.

import {
  add,
  broadcastTo,
  concat,
  constant,
  cos,
  divide,
  matmul,
  maximum,
  minimum,
  multiply,
  reshape,
  sin,
  sliceAxis,
  subtract,
  tensor,
  type Value,
} from '@spatiallock/core';

const FREQUENCIES = 8;
/** Numbers in the Fourier embedding of a box. */
export const FOURIER_WIDTH = FREQUENCIES * 2 * 4;

/**
 * Sines and cosines of the corners: boxes [N, K, 4] (x0, y0, x1, y1 in 0..1) to [N, K, 64], ordered
 * [frequency][sin, cos][corner], frequencies 100^(k / 8) (GLIGEN, get_fourier_embeds_from_boundingbox in diffusers).
 */
export function fourierBoxes(boxes: Value): Value {
  const [n, k] = boxes.shape as [number, number, number];
  const scales = Float32Array.from({ length: FREQUENCIES }, (_, i) => 100 ** (i / FREQUENCIES));
  const angles = multiply(
    reshape(boxes, [n, k, 1, 1, 4]),
    constant(tensor(scales, [1, 1, FREQUENCIES, 1, 1])),
  );
  return reshape(concat([sin(angles), cos(angles)], 3), [n, k, FOURIER_WIDTH]);
}

const OCTAVES = 5;
/** Numbers that tell a cell where it lies in an object's box. */
export const RELATIVE_WIDTH = 2 * 2 * OCTAVES + 2 + 1 + 1 + 2;

export interface RelativeBoxes {
  /** [N, K, cells, RELATIVE_WIDTH] */
  readonly features: Value;
  /** The exact share of each cell that lies in the box, 0..1: [N, K, cells, 1]. */
  readonly coverage: Value;
}

/**
 * Where each cell of a height x width grid lies in each box (our choice, see design notes in the README).
 * Features: sines and cosines of 2^k pi r / 2 for k = 0..4 of the relative place r = ((u - x0) / w, (v - y0) / h)
 * clipped to -1..2, then r, the coverage, the box's area, and how far later (nearer) and earlier (farther) boxes
 * cover the same cell. Masked slots (mask 0) cover nothing.
 */
export function relativeBoxes(boxes: Value, masks: Value, height: number, width: number): RelativeBoxes {
  const [n, k] = boxes.shape as [number, number, number];
  const cells = height * width;
  const column = axisPlaces(cells, (i) => (i % width) / width);
  const row = axisPlaces(cells, (i) => Math.floor(i / width) / height);
  const corner = (i: number): Value => reshape(sliceAxis(boxes, 2, i, i + 1), [n, k, 1, 1]);
  const [x0, y0, x1, y1] = [0, 1, 2, 3].map(corner) as [Value, Value, Value, Value];
  const boxWidth = maximum(subtract(x1, x0), 1e-4);
  const boxHeight = maximum(subtract(y1, y0), 1e-4);
  const place = concat(
    [relative(column, 0.5 / width, x0, boxWidth), relative(row, 0.5 / height, y0, boxHeight)],
    3,
  );
  const covered = multiply(overlap(column, 1 / width, x0, x1), overlap(row, 1 / height, y0, y1));
  const coverage = multiply(covered, reshape(masks, [n, k, 1, 1]));
  const waves = Array.from({ length: OCTAVES }, (_, octave) => multiply(place, (2 ** octave * Math.PI) / 2));
  const area = broadcastTo(multiply(boxWidth, boxHeight), [n, k, cells, 1]);
  const features = concat(
    [...waves.flatMap((wave) => [sin(wave), cos(wave)]), place, coverage, area, ...depth(coverage)],
    3,
  );
  return { features, coverage };
}

function axisPlaces(cells: number, place: (i: number) => number): Value {
  return constant(
    tensor(
      Float32Array.from({ length: cells }, (_, i) => place(i)),
      [1, 1, cells, 1],
    ),
  );
}

function relative(start: Value, half: number, from: Value, size: Value): Value {
  return minimum(maximum(divide(subtract(add(start, half), from), size), -1), 2);
}

/** The share of the interval start..start + side that lies between two bounds. */
function overlap(start: Value, side: number, from: Value, to: Value): Value {
  const length = subtract(minimum(add(start, side), to), maximum(start, from));
  return multiply(maximum(length, 0), 1 / side);
}

/** How far the boxes after (in front of) and before (behind) each one cover every cell, at most 1. */
function depth(coverage: Value): Value[] {
  const k = coverage.shape[1]!;
  const after = Float32Array.from({ length: k * k }, (_, i) => (i % k > Math.floor(i / k) ? 1 : 0));
  const before = Float32Array.from({ length: k * k }, (_, i) => (i % k < Math.floor(i / k) ? 1 : 0));
  const perSlot = reshape(coverage, coverage.shape.slice(0, 3));
  // Row o of each matrix marks the boxes that count for o.
  return [after, before].map((matrix) => {
    const total = matmul(constant(tensor(matrix, [k, k])), perSlot);
    return reshape(minimum(total, 1), coverage.shape);
  });
}
