// Generalised focal loss as a graph (arXiv 2006.04388): quality on the scores, GIoU and distributions on the boxes.

import {
  abs,
  add,
  concat,
  constant,
  divide,
  gather,
  logSoftmax,
  max,
  maximum,
  minimum,
  multiply,
  reshape,
  sigmoid,
  sliceAxis,
  softmax,
  softplus,
  stopGradient,
  subtract,
  sum,
  tensor,
  transpose,
  type Value,
  type Values,
} from '@spatiallock/core';
import { NANODET_BINS, NANODET_STRIDES } from './network.js';

/** Weights of the parts, as in the config nanodet-g. */
const BOX_WEIGHT = 2;
const DISTRIBUTION_WEIGHT = 0.25;

export interface NanodetLoss {
  readonly loss: Value;
  /** Quality focal loss per learning cell. */
  readonly quality: Value;
  /** 1 - GIoU, 0..2, averaged over learning cells by how sure the network is there. */
  readonly giou: Value;
  /** Distribution focal loss per edge, averaged likewise. */
  readonly distribution: Value;
}

/** The loss and its parts, scalars, from `nanodetNetwork`'s outputs and the inputs of `nanodetTargetInputs`. */
export function nanodetLoss(outputs: Values, targets: Values): NanodetLoss {
  const scores = rows(outputs, 'scores');
  const edges = reshape(gather(rows(outputs, 'edges'), targets.cells), [-1, 4, NANODET_BINS]);
  const seen = sum(multiply(softmax(edges, -1), binNumbers()), [-1]);
  const { iou, giou: likeness } = overlap(seen, targets.distances);
  const sure = max(sigmoid(gather(scores, targets.cells)), [1]);
  const weights = multiply(stopGradient(sure), targets.cellWeights);
  const total = maximum(sum(weights), 1e-3);
  const average = (each: Value): Value => divide(sum(multiply(each, weights)), total);

  const quality = qualityLoss(scores, stopGradient(iou), targets);
  const giou = average(subtract(1, likeness));
  const distribution = average(distributionLoss(edges, targets.distances));
  const boxes = add(multiply(giou, BOX_WEIGHT), multiply(distribution, DISTRIBUTION_WEIGHT));
  return { loss: add(quality, boxes), quality, giou, distribution };
}

/** One output of all pictures and levels as rows: [N * cells, channels]. */
function rows(outputs: Values, name: string): Value {
  const levels = NANODET_STRIDES.map((stride) => {
    const level = outputs[`${name}${stride}`];
    const [count, channels, height, width] = level.shape;
    return reshape(transpose(level, [0, 2, 3, 1]), [count, height * width, channels]);
  });
  const joined = concat(levels, 1);
  return reshape(joined, [-1, joined.shape[2]]);
}

function binNumbers(): Value {
  return constant(tensor([...Array(NANODET_BINS).keys()], [NANODET_BINS]));
}

/** Equation 4: every score learns 0, but those of learning cells the IoU of their box. */
function qualityLoss(scores: Value, iou: Value, { labels, cellWeights }: Values): Value {
  const falseAlarm = (logit: Value, chance = sigmoid(logit)): Value =>
    multiply(multiply(chance, chance), softplus(logit));
  const own = reshape(gather(reshape(scores, [-1, 1]), labels), cellWeights.shape);
  const miss = subtract(iou, sigmoid(own));
  const learnt = multiply(multiply(miss, miss), subtract(softplus(own), multiply(iou, own)));
  const corrected = sum(multiply(subtract(learnt, falseAlarm(own)), cellWeights));
  return divide(add(sum(falseAlarm(scores)), corrected), maximum(sum(cellWeights), 1));
}

/** Equation 6: cross entropy with the two bins next to the true distance, averaged over the four edges. */
function distributionLoss(edges: Value, distances: Value): Value {
  const truth = reshape(minimum(maximum(distances, 0), NANODET_BINS - 1.1), [-1, 4, 1]);
  const share = maximum(subtract(1, abs(subtract(binNumbers(), truth))), 0);
  return divide(sum(multiply(multiply(share, logSoftmax(edges, -1)), -1), [1, 2]), 4);
}

/** IoU and GIoU (arXiv 1902.09630) of boxes given by distances [C, 4] from a point in both. */
function overlap(seen: Value, truth: Value): { iou: Value; giou: Value } {
  const shared = area(minimum(seen, truth));
  const union = subtract(add(area(seen), area(truth)), shared);
  const hull = area(maximum(seen, truth));
  const small = 1e-6;
  const iou = divide(shared, add(union, small));
  return { iou, giou: subtract(iou, divide(subtract(hull, union), add(hull, small))) };
}

function area(distances: Value): Value {
  const [left, top, right, bottom] = [0, 1, 2, 3].map((k) => sliceAxis(distances, 1, k, k + 1));
  return reshape(multiply(add(left, right), add(top, bottom)), [-1]);
}
