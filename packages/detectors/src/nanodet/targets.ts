// From labelled boxes to what the loss compares the outputs with: plain numbers, made on the host.

import type { ImageSize, LabelledBox } from '@spatiallock/core';
import { type Box, input, type Tensors, tensor, type Values } from '@spatiallock/core';
import { boxArea, intersectionArea } from '@spatiallock/core/geometry';
import { cocoLabels } from './labels.js';
import { NANODET_STRIDES } from './network.js';

/** Most objects that a picture may hold. */
export interface NanodetSlots {
  readonly objects: number;
}

/** Slots of targets where nobody says others. */
export const defaultNanodetSlots: NanodetSlots = { objects: 6 };

/** Cells of each level that may learn an object, and the side of a cell's anchor in strides (config nanodet-g). */
const NEAREST = 9;
const ANCHOR = 8;
const CELLS_PER_OBJECT = NEAREST * NANODET_STRIDES.length;

/** The graph inputs that `nanodetLoss` reads, named as `nanodetTargets` names its tensors; C = N * objects * 27. */
export function nanodetTargetInputs(batch: number, slots = defaultNanodetSlots): Values {
  const count = batch * slots.objects * CELLS_PER_OBJECT;
  return {
    /** Indices into the cells of all pictures and levels, [C]. */
    cells: input('cells', [count], 'int32'),
    /** Indices of the true label's score, cell * 80 + label, [C]. */
    labels: input('labels', [count], 'int32'),
    /** 1 for a cell that learns an object, 0 for an unused slot, [C]. */
    cellWeights: input('cellWeights', [count]),
    /** Strides from the cell's middle to the left, top, right and bottom edge, [C, 4]. */
    distances: input('distances', [count, 4]),
  };
}

interface Cell {
  readonly index: number;
  readonly x: number;
  readonly y: number;
  readonly stride: number;
}

/**
 * The targets of a batch of pictures of `size` pixels, sides multiples of 32. Boxes are fractions of the picture.
 * Cells are chosen as in ATSS (arXiv 1912.02424, algorithm 1; assigner/atss_assigner.py of RangiLyu/nanodet).
 * Throws on an unknown label and on more objects than slots.
 */
export function nanodetTargets(
  size: ImageSize,
  pictures: readonly (readonly LabelledBox[])[],
  slots = defaultNanodetSlots,
): Tensors {
  const levels = levelsOf(size);
  const perPicture = levels.reduce((sum, level) => sum + level.length, 0);
  const count = pictures.length * slots.objects * CELLS_PER_OBJECT;
  const [cells, labels] = [new Int32Array(count), new Int32Array(count)];
  const cellWeights = new Float32Array(count);
  const distances = new Float32Array(4 * count).fill(1);
  pictures.forEach((objects, n) => {
    if (objects.length > slots.objects) {
      throw new Error(
        `pictures[${n}]: ${objects.length} objects do not fit ${slots.objects} slots; raise slots.objects`,
      );
    }
    const owners = assignCells(
      levels,
      objects.map(({ box }) => inPixels(box, size)),
    );
    let at = n * slots.objects * CELLS_PER_OBJECT;
    for (const { cell, owner, box } of owners) {
      const label = cocoLabels.indexOf(objects[owner].label);
      if (label < 0) {
        throw new Error(`pictures[${n}][${owner}].label: "${objects[owner].label}" is no class of COCO`);
      }
      cells[at] = n * perPicture + cell.index;
      labels[at] = cells[at] * cocoLabels.length + label;
      cellWeights[at] = 1;
      distances.set(
        [cell.x - box[0], cell.y - box[1], box[2] - cell.x, box[3] - cell.y].map((d) => d / cell.stride),
        4 * at,
      );
      at++;
    }
  });
  return {
    cells: tensor(cells, [count], 'int32'),
    labels: tensor(labels, [count], 'int32'),
    cellWeights: tensor(cellWeights, [count]),
    distances: tensor(distances, [count, 4]),
  };
}

const inPixels = ([x0, y0, x1, y1]: Box, { width, height }: ImageSize): Box => [
  x0 * width,
  y0 * height,
  x1 * width,
  y1 * height,
];

/** The cells of each level by their middles in pixels, numbered through. */
function levelsOf({ width, height }: ImageSize): Cell[][] {
  if (width % 32 !== 0 || height % 32 !== 0) {
    throw new Error(`size: ${width} x ${height} must be multiples of 32, as the network's input`);
  }
  let first = 0;
  return NANODET_STRIDES.map((stride) => {
    const [columns, rows] = [width / stride, height / stride];
    const cells = Array.from({ length: columns * rows }, (_, i) => ({
      index: first + i,
      x: ((i % columns) + 0.5) * stride,
      y: (Math.floor(i / columns) + 0.5) * stride,
      stride,
    }));
    first += cells.length;
    return cells;
  });
}

/** Each chosen cell once, with the object that it learns. */
function assignCells(
  levels: readonly (readonly Cell[])[],
  boxes: readonly Box[],
): { cell: Cell; owner: number; box: Box; overlap: number }[] {
  const chosen = new Map<number, { cell: Cell; owner: number; box: Box; overlap: number }>();
  boxes.forEach((box, owner) => {
    const candidates = levels
      .flatMap((level) => nearest(level, box))
      .map((cell) => ({ cell, owner, box, overlap: anchorOverlap(cell, box) }));
    const threshold = meanPlusDeviation(candidates.map(({ overlap }) => overlap));
    for (const candidate of candidates) {
      const rival = chosen.get(candidate.cell.index);
      if (candidate.overlap < threshold || !holds(box, candidate.cell)) continue;
      if (!rival || rival.overlap < candidate.overlap) chosen.set(candidate.cell.index, candidate);
    }
  });
  return [...chosen.values()];
}

function nearest(cells: readonly Cell[], [x0, y0, x1, y1]: Box): Cell[] {
  const far = ({ x, y }: Cell): number => (x - (x0 + x1) / 2) ** 2 + (y - (y0 + y1) / 2) ** 2;
  return [...cells].sort((a, b) => far(a) - far(b)).slice(0, NEAREST);
}

/** IoU of the square anchor around a cell's middle with a box. */
function anchorOverlap({ x, y, stride }: Cell, box: Box): number {
  const reach = (ANCHOR * stride) / 2;
  const anchor: Box = [x - reach, y - reach, x + reach, y + reach];
  const shared = intersectionArea(anchor, box);
  return shared / (boxArea(anchor) + boxArea(box) - shared);
}

const holds = ([x0, y0, x1, y1]: Box, { x, y }: Cell): boolean =>
  Math.min(x - x0, y - y0, x1 - x, y1 - y) > 0.01;

function meanPlusDeviation(values: readonly number[]): number {
  const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
  const squares = values.reduce((sum, v) => sum + (v - mean) ** 2, 0);
  return mean + Math.sqrt(squares / Math.max(1, values.length - 1));
}
