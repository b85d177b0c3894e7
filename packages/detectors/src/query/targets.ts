// What the loss compares predictions with, and which query answers for which object.

import type { LabelledBox } from '@spatiallock/core';
import { type DType, input, sizeOf, type Tensors, tensor, type Values } from '@spatiallock/core';
import { assign, giou } from '@spatiallock/core/geometry';
import { centredOf, cornersOf } from './boxes.js';
import { predictionCount, type QueryConfig, queryCount } from './config.js';
import { outputNames } from './network.js';

/** Options of `queryTargets`. */
export interface QueryTargetOptions {
  /** Objects a picture at most. Default 6. */
  readonly objects?: number;
  /** Whether `matchQueries` says on the host which query answers for which object. Default: the loss finds it. */
  readonly matched?: boolean;
}

const SLOTS = 6;

/** Weights of the costs, in matching and in the loss (DETR, arXiv 2005.12872, section 3.1 and appendix A.4). */
export const queryCosts = { class: 1, l1: 5, giou: 2 } as const;

/** The input that says which rows of N * Q queries answer for the objects in prediction k. */
export const rowsName = (k: number): string => `rows${k}`;

/**
 * The graph inputs that `queryLoss` reads, for N pictures and P = N * objects slots: `boxes` [P, 4], centre and size;
 * `classes` [P, labels + 1], one 1 for an object and none for an empty slot; with `matched` also int32 `rowsK` [P].
 */
export function queryTargetInputs(
  config: QueryConfig,
  batch: number,
  options: QueryTargetOptions = {},
): Values {
  const { objects = SLOTS, matched = false } = options;
  const slots = batch * objects;
  const given: [string, number[], DType][] = [
    ['boxes', [slots, 4], 'float32'],
    ['classes', [slots, config.labels.length + 1], 'float32'],
  ];
  const predictions = matched ? predictionCount(config) : 0;
  for (let k = 0; k < predictions; k++) given.push([rowsName(k), [slots], 'int32']);
  return Object.fromEntries(given.map(([name, shape, dtype]) => [name, input(name, shape, dtype)]));
}

/** Boxes and classes of a batch. Throws on a label that the config lacks and on more objects than there are slots. */
export function queryTargets(
  config: QueryConfig,
  pictures: readonly (readonly LabelledBox[])[],
  { objects: slots = SLOTS }: Pick<QueryTargetOptions, 'objects'> = {},
): Tensors {
  const kinds = config.labels.length + 1;
  const rows = pictures.length * slots;
  const boxes = new Float32Array(4 * rows).fill(0.5);
  const classes = new Float32Array(kinds * rows);
  pictures.forEach((objects, n) => {
    if (objects.length > slots) {
      throw new Error(`pictures[${n}]: ${objects.length} objects do not fit ${slots} slots; raise objects`);
    }
    objects.forEach(({ label, box }, k) => {
      const kind = config.labels.indexOf(label);
      if (kind < 0) throw new Error(`pictures[${n}][${k}].label: "${label}" is no label of this detector`);
      const slot = n * slots + k;
      boxes.set(centredOf(box), 4 * slot);
      classes[kinds * slot + kind] = 1;
    });
  });
  return { boxes: tensor(boxes, [rows, 4]), classes: tensor(classes, [rows, kinds]) };
}

/**
 * Bipartite matching of least cost between objects and queries, for each prediction on its own: `rowsK` for `queryLoss`.
 * `outputs` are the network's numbers, `targets` those of `queryTargets`. Empty slots hold row 0.
 */
export function matchQueries(config: QueryConfig, outputs: Tensors, targets: Tensors): Tensors {
  const queries = queryCount(config);
  const kinds = config.labels.length + 1;
  const boxes = targets.boxes.data;
  const kindOf = (slot: number): number =>
    targets.classes.data.subarray(kinds * slot, kinds * (slot + 1)).indexOf(1);
  const slots = sizeOf(targets.boxes.shape) / 4;
  const matches = Array.from({ length: predictionCount(config) }, (_, k) => {
    const names = outputNames(k);
    const [logits, seen] = [outputs[names.logits], outputs[names.boxes]];
    const pictures = logits.shape[0];
    const rows = new Int32Array(slots);
    for (let n = 0; n < pictures; n++) {
      const own = Array.from({ length: slots / pictures }, (_, i) => (n * slots) / pictures + i);
      const real = own.filter((slot) => kindOf(slot) >= 0);
      const first = n * queries;
      const chances = Array.from({ length: queries }, (_, q) =>
        softmaxOf(logits.data.subarray((first + q) * kinds, (first + q + 1) * kinds) as Float32Array),
      );
      const cost = real.map((slot) => {
        const kind = kindOf(slot);
        const box = boxes.subarray(4 * slot, 4 * slot + 4);
        return chances.map((chance, q) => {
          const guess = seen.data.subarray(4 * (first + q), 4 * (first + q) + 4);
          const apart = [0, 1, 2, 3].reduce((total, e) => total + Math.abs(box[e] - guess[e]), 0);
          const overlap = giou(cornersOf(box), cornersOf(guess));
          return queryCosts.l1 * apart - queryCosts.giou * overlap - queryCosts.class * chance[kind];
        });
      });
      assign(cost).forEach((q, i) => {
        rows[real[i]] = first + q;
      });
    }
    return [rowsName(k), tensor(rows, [slots], 'int32')] as const;
  });
  return Object.fromEntries(matches);
}

/** Chances of one row of logits. */
export function softmaxOf(logits: Float32Array): Float32Array {
  const highest = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const powers = logits.map((logit) => Math.exp(logit - highest));
  const total = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / total);
}
