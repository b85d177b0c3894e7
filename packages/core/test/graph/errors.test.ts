import { describe, expect, it } from 'vitest';
import * as g from '../../src/graph/index.js';

const x = g.input('x', [2, 3]);
const image = g.input('image', [1, 4, 8, 8]);
const weight = g.parameter('unet.conv_in.weight', [320, 3, 3, 3]);
const ids = g.input('ids', [2], 'int32');

describe('errors at build time name the op, its operands and what is wrong', () => {
  it.each<[string, () => g.Value, string]>([
    [
      'conv2d',
      () => g.conv2d(image, weight),
      'conv2d(image[1, 4, 8, 8], unet.conv_in.weight[320, 3, 3, 3]): the input has 4',
    ],
    [
      'conv2d',
      () => g.conv2d(x, weight),
      'conv2d(x[2, 3], unet.conv_in.weight[320, 3, 3, 3]): both operands need four',
    ],
    [
      'a small image',
      () => g.conv2d(g.sliceAxis(image, 1, 0, 3), g.input('k', [1, 3, 9, 1])),
      'the kernel is larger',
    ],
    [
      'add',
      () => g.add(x, weight),
      'add(x[2, 3], unet.conv_in.weight[320, 3, 3, 3]): shapes [2, 3] and [320, 3, 3, 3] do not',
    ],
    ['dtypes', () => g.multiply(ids, x), 'multiply(ids[2]:int32, x[2, 3]): dtypes int32 and float32'],
    [
      'less',
      () => g.less(ids, 3),
      'less(ids[2]:int32, constant[]): dtypes int32 and float32 differ; cast one',
    ],
    [
      'where',
      () => g.where(x, x, x),
      'where(x[2, 3], x[2, 3], x[2, 3]): the condition must be bool, not float32',
    ],
    ['matmul', () => g.matmul(x, x), 'matmul(x[2, 3], x[2, 3]): inner axes 3 and 2 differ'],
    ['matmul of a vector', () => g.matmul(x, g.input('v', [3])), 'both operands need at least two axes'],
    ['reshape', () => g.reshape(x, [4, 2]), 'reshape(x[2, 3]): 6 numbers do not fill [4, 2]'],
    ['reshape by a part', () => g.reshape(x, [4, -1]), 'reshape(x[2, 3]): 6 numbers do not fill [4, 1.5]'],
    [
      'transpose',
      () => g.transpose(x, [0, 0]),
      'transpose(x[2, 3]): perm [0, 0] is no permutation of 2 axes',
    ],
    [
      'broadcastTo',
      () => g.broadcastTo(x, [3, 3]),
      'broadcastTo(x[2, 3]): shapes [2, 3] and [3, 3] do not broadcast',
    ],
    [
      'broadcastTo less',
      () => g.broadcastTo(x, [1, 3]),
      'broadcastTo(x[2, 3]): [2, 3] does not broadcast to [1, 3]',
    ],
    [
      'concat',
      () => g.concat([x, g.input('y', [3, 3])], 1),
      'concat(x[2, 3], y[3, 3]): shapes and dtypes must agree',
    ],
    ['concat of nothing', () => g.concat([], 0), 'concat: needs at least one value'],
    ['slice', () => g.slice(x, [0, 1], [2, 4]), 'slice(x[2, 3]): axis 1: 1..4 is outside 0..3'],
    ['pad', () => g.pad(x, [0, -1], [0, 0]), 'pad(x[2, 3]): padding must not be negative'],
    ['pad of fewer axes', () => g.pad(x, [1], [1]), 'pad(x[2, 3]): padding must name all 2 axes'],
    ['split', () => g.split(x, 2, 1)[0], 'split: axis of 3 has no 2 equal parts'],
    ['sum', () => g.sum(x, [2]), 'sum(x[2, 3]): axis 2 is outside rank 2'],
    ['softmax', () => g.softmax(x, -3), 'softmax(x[2, 3]): axis -3 is outside rank 2'],
    ['gather', () => g.gather(x, x), 'gather(x[2, 3], x[2, 3]): indices must be int32, not float32'],
    [
      'scatterAdd',
      () => g.scatterAdd(g.input('v', [3]), ids, 4),
      'scatterAdd(v[3], ids[2]:int32): the leading axes',
    ],
    [
      'layerNorm',
      () => g.layerNorm(x, weight, weight),
      'layerNorm(x[2, 3], unet.conv_in.weight[320, 3, 3, 3]',
    ],
    ['groupNorm', () => g.groupNorm(image, weight, weight, 3), '4 channels do not part into 3 groups'],
    [
      'attention',
      () => g.attention(x, x, g.input('v', [4, 3])),
      'attention(x[2, 3], x[2, 3], v[4, 3]): keys and values differ',
    ],
    [
      'pixelShuffle',
      () => g.pixelShuffle(image, 3),
      'pixelShuffle(image[1, 4, 8, 8]): 4 channels are no multiple of 3',
    ],
    ['input', () => g.input('x', [1.5]), 'x: shape [1.5] must hold whole numbers of at least 0'],
  ])('%s', (_name, build, message) => {
    expect(build).toThrow(message);
  });

  it('attention repeats keys of one batch, and refuses keys of others', () => {
    const [q, k] = [g.input('q', [2, 4, 3]), g.input('k', [5, 4, 3])];
    expect(g.attention(q, x, x).shape).toEqual([2, 4, 3]);
    expect(() => g.attention(q, k, k)).toThrow('attention(q[2, 4, 3], k[5, 4, 3], k[5, 4, 3]): ');
  });

  it('a convolution gradient refuses a shape that no convolution has', () => {
    const y = g.conv2d(image, g.input('k', [2, 4, 3, 3]));
    const attrs = { ...y.attrs, shape: image.shape };
    expect(() => g.node(g.conv2dInputGradientOp, [image, y.inputs[1]], attrs)).toThrow(
      "conv2dInputGradient(image[1, 4, 8, 8], k[2, 4, 3, 3]): the convolution's result has shape [1, 2, 6, 6]",
    );
    expect(() => g.node(g.conv2dKernelGradientOp, [image, image], { ...attrs, shape: [2, 4, 3, 3] })).toThrow(
      "conv2dKernelGradient(image[1, 4, 8, 8], image[1, 4, 8, 8]): the convolution's result",
    );
  });

  it('a tensor refuses numbers that do not fill it', () => {
    expect(() => g.tensor([1, 2, 3], [2, 2])).toThrow('tensor: 3 numbers do not fill shape [2, 2]');
  });
});
