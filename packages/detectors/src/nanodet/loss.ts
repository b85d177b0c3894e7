// Generalised focal loss as a graph (arXiv 2006.04388): quality on the scores, GIoU and distributions on the boxes.

import {
  add,
  concat,
  divide,
  gather,
  max,
  maximum,
  minimum,
  multiply,
  reshape,
  sigmoid,
  softplus,
  stopGradient,
  subtract,
  sum,
  transpose,
  type Value,
  type Values,
} from '@spatiallock/core';
import { distanceOverlap, distributionLoss, expectedBins } from '../distances.js';
import { NANODET_BINS, NANODET_STRIDES } from './network.js';

/** Weights of the parts, as in the config nanodet-g. */
const BOX_WEIGHT = 2;
const DISTRIBUTION_WEIGHT = 0.25;

/** The loss of NanoDet, with its parts as scalars. */
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
  const { iou, giou: overlap } = distanceOverlap(expectedBins(edges), targets.distances, 1e-6);
  const sure = max(sigmoid(gather(scores, targets.cells)), [1]);
  const weights = multiply(stopGradient(sure), targets.cellWeights);
  const total = maximum(sum(weights), 1e-3);
  const average = (each: Value): Value => divide(sum(multiply(each, weights)), total);

  const quality = qualityLoss(scores, stopGradient(iou), targets);
  const giou = average(subtract(1, overlap));
  const truth = minimum(maximum(targets.distances, 0), NANODET_BINS - 1.1);
  const distribution = average(divide(distributionLoss(edges, truth), 4));
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
