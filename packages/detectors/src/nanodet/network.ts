// NanoDet-g: a plain convolutional backbone with CSP blocks, a light pyramid and one small head per level.

import {
  add,
  concat,
  constant,
  layers,
  multiply,
  type Scope,
  sliceAxis,
  tensor,
  type Value,
  type Values,
} from '@spatiallock/core';
import { cocoLabels } from './labels.js';
import { leakyRelu, maxPool, resizeBilinear } from './layers.js';

/** Pixels between the cells of each level. */
export const NANODET_STRIDES = [8, 16, 32] as const;
/** Distances that an edge's distribution knows: 0 to 10 strides. */
export const NANODET_BINS = 11;

/** Means and standard deviations of the training pictures, 0..255, here for red, green, blue. */
const MEAN = [123.675, 116.28, 103.53];
const STD = [58.395, 57.12, 57.375];

/** Width and TinyResBlocks of the four CSP stages; all but the first halve the picture. */
const STAGES = [
  [32, 1],
  [64, 2],
  [128, 2],
  [256, 3],
] as const;
const HEAD_CHANNELS = 128;

/** Raw outputs for N pictures; G and F are the rows and columns of cells at that stride. */
export interface NanodetOutputs extends Values {
  /** Logits of each class, [N, 80, G, F]. */
  readonly scores8: Value;
  readonly scores16: Value;
  readonly scores32: Value;
  /** Logits of the distances left, top, right, bottom in strides, [N, 4 * 11, G, F], edge by edge. */
  readonly edges8: Value;
  readonly edges16: Value;
  readonly edges32: Value;
}

/**
 * Builds the network. `image`: [N, 3, H, W], RGB in -1..1, sides multiples of 32; trained at 416 x 416.
 *
 * Parameters are named as in RangiLyu/nanodet (config nanodet-g, backbone/custom_csp.py, fpn/pan.py,
 * head/nanodet_head.py), with batch norm folded into the convolutions. The stem reads RGB.
 */
export function nanodetNetwork(scope: Scope, image: Value): NanodetOutputs {
  const [, channels, height, width] = image.shape;
  if (image.shape.length !== 4 || channels !== 3 || height % 32 !== 0 || width % 32 !== 0) {
    throw new Error(
      `image: must be [N, 3, height, width] with sides that are multiples of 32, is [${image.shape.join(', ')}]`,
    );
  }
  const levels = pyramid(scope.at('fpn'), backbone(scope.at('backbone'), normalised(image)));
  const [first, second, third] = levels.map((level, k) => head(scope.at('head'), k, level));
  return {
    scores8: first.scores,
    scores16: second.scores,
    scores32: third.scores,
    edges8: first.edges,
    edges16: second.edges,
    edges32: third.edges,
  };
}

function normalised(image: Value): Value {
  const perChannel = (of: (c: number) => number): Value => constant(tensor([0, 1, 2].map(of), [3, 1, 1]));
  const scaled = multiply(
    image,
    perChannel((c) => 127.5 / STD[c]),
  );
  return add(
    scaled,
    perChannel((c) => (127.5 - MEAN[c]) / STD[c]),
  );
}

function block(scope: Scope, x: Value, channels: number, stride = 1): Value {
  return leakyRelu(layers.conv2d(scope, x, channels, 3, { padding: 1, stride }));
}

/** The features at strides 8, 16 and 32, with 128, 256 and 512 channels. */
function backbone(scope: Scope, image: Value): Value[] {
  const stages = scope.at('stages');
  let x = maxPool(block(stages.at(0), image, STAGES[0][0], 2));
  const features = STAGES.map(([width, count], k) => {
    x = cspStage(stages.at(k + 2), x, width, count, k === 0 ? 1 : 2);
    return x;
  });
  return features.slice(1);
}

function cspStage(scope: Scope, input: Value, width: number, count: number, stride: number): Value {
  const x = block(scope.at('in_conv'), input, width, stride);
  let y = x;
  for (let k = 0; k < count; k++) {
    const at = scope.at('res_blocks', k);
    const half = block(at.at('in_conv'), y, width / 2);
    y = concat([block(at.at('mid_conv'), half, width / 2), half], 1);
  }
  return concat([block(scope.at('res_out_conv'), y, width), x], 1);
}

/** Adds coarse levels to fine ones and back, by interpolation alone. */
function pyramid(scope: Scope, features: readonly Value[]): Value[] {
  const levels = features.map((x, k) => layers.conv2d(scope.at('lateral_convs', k), x, HEAD_CHANNELS, 1));
  const addResized = (to: number, from: number): void => {
    const [, , height, width] = levels[to].shape;
    levels[to] = add(levels[to], resizeBilinear(levels[from], height, width));
  };
  for (let k = levels.length - 1; k > 0; k--) addResized(k - 1, k);
  for (let k = 1; k < levels.length; k++) addResized(k, k - 1);
  return levels;
}

function head(scope: Scope, level: number, x: Value): { scores: Value; edges: Value } {
  const classes = cocoLabels.length;
  const channels = classes + 4 * NANODET_BINS;
  const shared = block(scope.at('cls_convs', level, 0), x, HEAD_CHANNELS);
  const both = layers.conv2d(scope.at('gfl_cls', level), shared, channels, 1);
  return { scores: sliceAxis(both, 1, 0, classes), edges: sliceAxis(both, 1, classes, channels) };
}
