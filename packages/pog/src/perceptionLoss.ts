// L_p of the feature path: how far what is seen lies from the boxes that were asked for.

import {
  abs,
  add,
  divide,
  maximum,
  mean,
  multiply,
  power,
  reshape,
  sigmoid,
  softplus,
  sqrt,
  subtract,
  sum,
  type Value,
} from '@spatiallock/core';
import { coverage, generalisedIou } from './boxes.js';
import type { PerceptionOutput } from './heads.js';

/** Weights of the parts, without unit. */
export interface PerceptionWeights {
  /** 1 - dice of the region, 0..1. Default 1. */
  readonly dice: number;
  /** Focal loss of the region, mean over cells in nats. Default 1. */
  readonly focal: number;
  /** Mean distance of the edges in fractions of the picture. Default 1. */
  readonly l1: number;
  /** 1 - GIoU of the box, 0..2. Default 1. */
  readonly giou: number;
}

/** Weights of the parts of the loss where nobody says others. */
export const defaultPerceptionWeights: PerceptionWeights = { dice: 1, focal: 1, l1: 1, giou: 1 };

/** Options of `perceptionLoss`. */
export interface PerceptionLossOptions {
  readonly weights?: Partial<PerceptionWeights>;
  /** Exponent of the focal loss: 0 is plain cross entropy. Default 2 (arXiv 2006.04388, section 4). */
  readonly focalExponent?: number;
}

/** What the perception network is compared with: boxes [N, S, 4], masks [N, S]. */
export interface PerceptionTargets {
  /** x0, y0, x1, y1 in 0..1, [N, K, 4]. */
  readonly boxes: Value;
  /** 1 for a slot in use, 0 for an empty one, which counts nothing: [N, K]. */
  readonly masks: Value;
  /** True shapes at the resolution of `PerceptionOutput.region`, 0..1, [N, K, H, W]; default the boxes' coverage of cells. */
  readonly regions?: Value;
}

/** The perception loss: a scalar, one number a picture [N], and its parts. */
export interface PerceptionLoss {
  /** Mean over pictures: a scalar. */
  readonly loss: Value;
  /** sqrt(alphaCumprod) times the mean over the objects of each picture, 0 where it has none: [N]. */
  readonly perPicture: Value;
  /** Means over objects of each part, not weighted by anything: scalars. */
  readonly parts: Readonly<Record<keyof PerceptionWeights, Value>>;
}

/**
 * sqrt(alphaCumprod) * (dice + focal on the region + L1 + GIoU on the box), alphaCumprod [N]; without `alphaCumprod` 1 stands
 * for it. The weighting by sqrt(alphaCumprod) is DetDiffusion's (arXiv 2403.13304), the parts are our choice.
 */
export function perceptionLoss(
  seen: PerceptionOutput,
  targets: PerceptionTargets,
  alphaCumprod?: Value,
  options: PerceptionLossOptions = {},
): PerceptionLoss {
  const weights = { ...defaultPerceptionWeights, ...options.weights };
  const { masks, boxes } = targets;
  const [, , height, width] = seen.region.shape as [number, number, number, number];
  const regions = targets.regions ?? coverage(boxes, height, width);
  const each: PerceptionLoss['parts'] = {
    dice: diceLoss(seen.region, regions),
    focal: focalLoss(seen.region, regions, options.focalExponent ?? 2),
    l1: mean(abs(subtract(seen.boxes, boxes)), [2]),
    giou: subtract(1, generalisedIou(seen.boxes, boxes)),
  };
  const names = Object.keys(each) as (keyof PerceptionWeights)[];
  const total = names.map((name) => multiply(each[name], weights[name])).reduce((a, b) => add(a, b));
  const perPicture = divide(sum(multiply(total, masks), [1]), maximum(sum(masks, [1]), 1));
  const weighted = alphaCumprod
    ? multiply(perPicture, sqrt(reshape(alphaCumprod, perPicture.shape)))
    : perPicture;
  const objects = maximum(sum(masks), 1);
  const average = (name: keyof PerceptionWeights) => divide(sum(multiply(each[name], masks)), objects);
  return {
    loss: mean(weighted),
    perPicture: weighted,
    parts: { dice: average('dice'), focal: average('focal'), l1: average('l1'), giou: average('giou') },
  };
}

/** 1 - (2 sum p q + 1) / (sum p + sum q + 1), [N, K]. */
function diceLoss(logits: Value, truth: Value): Value {
  const chance = sigmoid(logits);
  const shared = add(multiply(sum(multiply(chance, truth), [2, 3]), 2), 1);
  return subtract(1, divide(shared, add(add(sum(chance, [2, 3]), sum(truth, [2, 3])), 1)));
}

/** Below it a power between 0 and 1 has a gradient without bound. */
const TINY = 1e-12;

/** |q - p|^exponent times the cross entropy, for soft q (arXiv 2006.04388, equation 5), mean over cells: [N, K]. */
function focalLoss(logits: Value, truth: Value, exponent: number): Value {
  const entropy = subtract(softplus(logits), multiply(truth, logits));
  if (exponent === 0) return mean(entropy, [2, 3]);
  const gap = maximum(abs(subtract(truth, sigmoid(logits))), TINY);
  return mean(multiply(power(gap, exponent), entropy), [2, 3]);
}
