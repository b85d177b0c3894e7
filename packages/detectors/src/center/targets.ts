// From labelled boxes to what the loss compares the outputs with: plain numbers, made on the host.

import type { Box, LabelledBox } from '@spatiallock/core';
import { input, sizeOf, type Tensor, type Tensors, tensor, type Values } from '@spatiallock/core';
import { CENTER_STRIDE, type CenterConfig, gridOf } from './config.js';

/** Objects a picture at most, and cells around each centre that learn its box. */
export interface TargetSlots {
  readonly objects: number;
  readonly cells: number;
}

/** Slots of targets where nobody says others. */
export const defaultSlots: TargetSlots = { objects: 6, cells: 9 };

/** The radius of the Gaussian per half side of the box, and its standard deviation, as in TTFNet (arXiv 1909.00700, 3.2). */
const RADIUS_SHARE = 0.54;
/** Standard deviation, in cells, of the weights of the cells that learn a box. */
const BOX_STD = 1;

type TargetName = 'negative' | 'centres' | 'centreWeights' | 'cells' | 'cellWeights' | 'distances';

/** For N pictures, K labels, G x G cells, P = N * objects and C = P * cells; unused slots have weight 0. */
function targetShapes(config: CenterConfig, batch: number, slots: TargetSlots): Record<TargetName, number[]> {
  const grid = gridOf(config);
  const objects = batch * slots.objects;
  const cells = objects * slots.cells;
  return {
    /** (1 - Gaussian)^4: how much a cell's score for a label counts as a false alarm. */
    negative: [batch, config.labels.length, grid, grid],
    /** Indices into the flat heatmap. */
    centres: [objects],
    centreWeights: [objects],
    /** Indices into the flat N * G * G cells; the weights of one object sum to 1. */
    cells: [cells],
    cellWeights: [cells],
    /** Pixels from the cell's middle to the left, top, right and bottom edge. */
    distances: [cells, 4],
  };
}

const isIndex = (name: string): boolean => name === 'centres' || name === 'cells';

/** The graph inputs that `centerLoss` reads, named as `centerTargets` names its tensors. */
export function centerTargetInputs(config: CenterConfig, batch: number, slots = defaultSlots): Values {
  const shapes = Object.entries(targetShapes(config, batch, slots));
  return Object.fromEntries(
    shapes.map(([name, shape]) => [name, input(name, shape, isIndex(name) ? 'int32' : 'float32')]),
  );
}

interface Cell {
  readonly x: number;
  readonly y: number;
}

/** The cell that holds a box's middle; the box is in cells. */
function centreCell([x0, y0, x1, y1]: Box, grid: number): Cell {
  const clamp = (v: number): number => Math.min(grid - 1, Math.max(0, Math.floor(v)));
  return { x: clamp((x0 + x1) / 2), y: clamp((y0 + y1) / 2) };
}

/**
 * The targets of a batch of pictures. A cell that two objects claim learns the one whose middle is nearer, in units of
 * its box. Throws on a label that the config lacks and on more objects than there are slots.
 */
export function centerTargets(
  config: CenterConfig,
  pictures: readonly (readonly LabelledBox[])[],
  slots = defaultSlots,
): Tensors {
  const grid = gridOf(config);
  const shapes = targetShapes(config, pictures.length, slots);
  const floats = (name: TargetName): Float32Array => new Float32Array(sizeOf(shapes[name]));
  const negative = floats('negative').fill(1);
  const centres = new Int32Array(sizeOf(shapes.centres));
  const centreWeights = floats('centreWeights');
  const cells = new Int32Array(sizeOf(shapes.cells));
  const cellWeights = floats('cellWeights');
  const distances = floats('distances').fill(CENTER_STRIDE);
  pictures.forEach((objects, n) => {
    if (objects.length > slots.objects) {
      throw new Error(
        `pictures[${n}]: ${objects.length} objects do not fit ${slots.objects} slots; raise slots.objects`,
      );
    }
    const boxes = objects.map(({ box }) => box.map((edge) => edge * grid) as unknown as Box);
    objects.forEach(({ label }, k) => {
      const channel = config.labels.indexOf(label);
      if (channel < 0) throw new Error(`pictures[${n}][${k}].label: "${label}" is no label of this detector`);
      const plane = (n * config.labels.length + channel) * grid * grid;
      const centre = centreCell(boxes[k], grid);
      lowerAround(negative.subarray(plane, plane + grid * grid), boxes[k], centre, grid);
      const slot = n * slots.objects + k;
      centres[slot] = plane + centre.y * grid + centre.x;
      centreWeights[slot] = 1;
      const own = boxCells(boxes, k, grid).slice(0, slots.cells);
      const total = own.reduce((sum, { weight }) => sum + weight, 0);
      own.forEach(({ x, y, weight }, i) => {
        const at = slot * slots.cells + i;
        cells[at] = (n * grid + y) * grid + x;
        cellWeights[at] = weight / total;
        distances.set(edgeDistances(boxes[k], { x, y }), 4 * at);
      });
    });
  });
  const data: Record<TargetName, Tensor['data']> = {
    negative,
    centres,
    centreWeights,
    cells,
    cellWeights,
    distances,
  };
  return Object.fromEntries(
    (Object.keys(shapes) as TargetName[]).map((name) => [
      name,
      tensor(data[name], shapes[name], isIndex(name) ? 'int32' : 'float32'),
    ]),
  );
}

/** Makes false alarms cheap near a centre, and free at it (the focal loss of CenterNet, equation 1). */
function lowerAround(plane: Float32Array, [x0, y0, x1, y1]: Box, { x: cx, y: cy }: Cell, grid: number): void {
  const std = (side: number): number => (RADIUS_SHARE * side + 1) / 6;
  const [sx, sy] = [std(x1 - x0), std(y1 - y0)];
  const [rx, ry] = [Math.ceil(3 * sx), Math.ceil(3 * sy)];
  for (let y = Math.max(0, cy - ry); y <= Math.min(grid - 1, cy + ry); y++) {
    for (let x = Math.max(0, cx - rx); x <= Math.min(grid - 1, cx + rx); x++) {
      const near = Math.exp(-(((x - cx) / sx) ** 2 + ((y - cy) / sy) ** 2) / 2);
      plane[y * grid + x] = Math.min(plane[y * grid + x], (1 - near) ** 4);
    }
  }
}

/** The cells around the middle of box k that lie in it and nearer to it than to the others, the centre's first. */
function boxCells(boxes: readonly Box[], k: number, grid: number): (Cell & { weight: number })[] {
  const centre = centreCell(boxes[k], grid);
  const found: (Cell & { weight: number })[] = [];
  for (let dy = -1; dy <= 1; dy++) {
    for (let dx = -1; dx <= 1; dx++) {
      const cell = { x: centre.x + dx, y: centre.y + dy };
      if (Math.min(cell.x, cell.y) < 0 || Math.max(cell.x, cell.y) >= grid) continue;
      const isCentre = dx === 0 && dy === 0;
      const inside = edgeDistances(boxes[k], cell).every((d) => d > 0);
      const mine = offCentre(boxes[k], cell);
      const nearest = boxes.every((box, i) => i === k || offCentre(box, cell) > mine);
      if (isCentre || (inside && nearest)) found.push({ ...cell, weight: boxWeight(boxes[k], cell) });
    }
  }
  return found.sort((a, b) => b.weight - a.weight);
}

/** Squared distance of a cell from the middle of a box, in units of its half sides. */
function offCentre([x0, y0, x1, y1]: Box, { x, y }: Cell): number {
  const [u, v] = [(2 * x + 1 - x0 - x1) / (x1 - x0), (2 * y + 1 - y0 - y1) / (y1 - y0)];
  return u * u + v * v;
}

function boxWeight([x0, y0, x1, y1]: Box, { x, y }: Cell): number {
  const [u, v] = [x + 0.5 - (x0 + x1) / 2, y + 0.5 - (y0 + y1) / 2];
  return Math.exp(-(u * u + v * v) / (2 * BOX_STD ** 2));
}

/** Pixels from the middle of a cell to the edges of a box in cells; never negative. */
function edgeDistances([x0, y0, x1, y1]: Box, { x, y }: Cell): number[] {
  const [u, v] = [x + 0.5, y + 0.5];
  return [u - x0, v - y0, x1 - u, y1 - v].map((d) => Math.max(0, d) * CENTER_STRIDE);
}
