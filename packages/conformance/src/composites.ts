// What each composite is tried on, and chains of ops as networks have them.

import * as g from '@spatiallock/core/graph';
import { normal, type Specimen, specimen } from './specimen.js';

const some = normal([2, 3, 4], 1);
const map = normal([2, 8, 6, 4], 2);
const [weight, bias] = [normal([8], 3), normal([8], 4)];
const kernel = normal([8, 8, 3, 3], 5);

/** By the name of the composite. */
export const compositeSpecimens: Readonly<Record<string, readonly Specimen[]>> = {
  softmax: [
    specimen('the last axis', [some], (x) => g.softmax(x!, -1)),
    specimen('the first axis', [some], (x) => g.softmax(x!, 0)),
    specimen('large numbers', [g.tensor([1000, 999, -1000], [3])], (x) => g.softmax(x!, 0)),
  ],
  logSoftmax: [specimen('a middle axis', [some], (x) => g.logSoftmax(x!, 1))],
  silu: [specimen('every number', [some], g.silu)],
  gelu: [specimen('every number', [some], g.gelu)],
  softplus: [
    specimen('every number', [some], g.softplus),
    specimen('large numbers', [g.tensor([-1000, 0, 1000], [3])], g.softplus),
  ],
  layerNorm: [
    specimen('tokens', [normal([2, 3, 8], 6), weight, bias], (x, w, b) => g.layerNorm(x!, w!, b!)),
    specimen('one vector', [normal([8], 7), weight, bias], (x, w, b) => g.layerNorm(x!, w!, b!, 0.1)),
  ],
  groupNorm: [
    specimen('a map', [map, weight, bias], (x, w, b) => g.groupNorm(x!, w!, b!, 4)),
    specimen('tokens', [normal([1, 8, 5], 8), weight, bias], (x, w, b) => g.groupNorm(x!, w!, b!, 2, 1e-3)),
  ],
  attention: [
    specimen(
      'heads',
      [normal([2, 2, 3, 4], 9), normal([2, 2, 5, 4], 10), normal([2, 2, 5, 6], 11)],
      (q, k, v) => g.attention(q!, k!, v!),
    ),
    specimen('shared keys', [normal([2, 3, 8], 12), normal([7, 8], 13), normal([7, 8], 14)], (q, k, v) =>
      g.attention(q!, k!, v!),
    ),
    specimen(
      'many keys',
      [normal([2, 3, 8], 12), normal([2, 300, 8], 13), normal([2, 300, 8], 14)],
      (q, k, v) => g.attention(q!, k!, v!),
    ),
  ],
  upsampleNearest: [specimen('a map', [map], (x) => g.upsampleNearest(x!, 3))],
  pixelUnshuffle: [specimen('a map', [map], (x) => g.pixelUnshuffle(x!, 2))],
  pixelShuffle: [specimen('a map', [map], (x) => g.pixelShuffle(x!, 2))],
};

const conv = (x: g.Value, k: g.Value, options: g.ConvOptions = { padding: 1 }) => g.conv2d(x, k, options);

/** Convolutions with all that stands around them: layouts may not show in the numbers. */
export const chainSpecimens: readonly Specimen[] = [
  specimen('biased convolution', [map, kernel, bias], (x, k, b) =>
    g.add(conv(x!, k!), g.reshape(b!, [8, 1, 1])),
  ),
  specimen('convolution, groupNorm, silu, convolution', [map, kernel, weight, bias], (x, k, w, b) =>
    conv(g.silu(g.groupNorm(conv(x!, k!), w!, b!, 4)), k!, { padding: 1, stride: 2 }),
  ),
  specimen('upsampling between convolutions', [map, kernel], (x, k) =>
    conv(g.upsampleNearest(conv(x!, k!), 2), k!),
  ),
  specimen('residual, joined, cut and padded', [map, kernel], (x, k) => {
    const y = g.add(conv(x!, k!), x!);
    const joined = g.concat([y, x!], 1);
    return g.pad(g.slice(joined, [0, 4, 1, 0], [2, 12, 6, 3]), [0, 0, 1, 0], [0, 1, 0, 2]);
  }),
  specimen('pixels as tokens and back', [map, kernel], (x, k) => {
    const tokens = g.transpose(g.reshape(conv(x!, k!), [2, 8, 24]), [0, 2, 1]);
    const mixed = g.attention(tokens, tokens, tokens);
    return conv(g.reshape(g.transpose(mixed, [0, 2, 1]), [2, 8, 6, 4]), k!);
  }),
  specimen('sums of a convolution', [map, kernel], (x, k) => {
    const y = g.multiply(conv(x!, k!), 0.1);
    const [ofPixels, ofChannels] = [g.sum(y, [2, 3]), g.sum(y, [1])];
    const ofImages = g.max(y, [0]);
    return g.add(g.add(g.sum(ofPixels), g.sum(g.sin(ofChannels))), g.sum(g.cos(ofImages)));
  }),
  specimen('sums of a convolution, keeping axes', [map, kernel], (x, k) => {
    const y = conv(x!, k!);
    return g.multiply(y, g.add(g.max(y, [1, 2], true), g.sum(y, [2, 3], true)));
  }),
  specimen('flattened convolution', [map, kernel], (x, k) =>
    g.sin(g.multiply(g.reshape(conv(x!, k!), [2, -1]), 0.1)),
  ),
  specimen('pixels into channels and back', [map, normal([32, 32, 1, 1], 6)], (x, k) =>
    g.pixelShuffle(conv(g.pixelUnshuffle(x!, 2), k!, {}), 2),
  ),
  specimen('branches by a condition', [map, kernel], (x, k) => {
    const y = conv(x!, k!);
    return g.where(g.less(y, x!), g.cast(g.cast(g.less(x!, 0), 'int32'), 'float32'), g.power(y, 2));
  }),
];
