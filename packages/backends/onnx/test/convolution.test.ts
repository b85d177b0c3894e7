import type { Shape } from '@spatiallock/core';
import {
  type ConvAttrs,
  conv2dInputGradientOp,
  conv2dKernelGradientOp,
  conv2dOp,
  node,
} from '@spatiallock/core/backend';
import { afterAll, describe, expect, it } from 'vitest';
import { backend, evaluate, noise, worst } from './support.js';

afterAll(() => backend.dispose());

interface Case extends ConvAttrs {
  readonly x: Shape;
  readonly kernel: Shape;
}

const cases: Record<string, Case> = {
  '1x1': { x: [2, 3, 4, 5], kernel: [4, 3, 1, 1], stride: [1, 1], padding: [0, 0, 0, 0], groups: 1 },
  '1x1, stride 2': {
    x: [2, 3, 5, 6],
    kernel: [4, 3, 1, 1],
    stride: [2, 2],
    padding: [0, 0, 0, 0],
    groups: 1,
  },
  '1x1, padded': { x: [1, 2, 3, 3], kernel: [3, 2, 1, 1], stride: [1, 1], padding: [1, 0, 1, 2], groups: 1 },
  '3x3, same': { x: [2, 3, 6, 5], kernel: [4, 3, 3, 3], stride: [1, 1], padding: [1, 1, 1, 1], groups: 1 },
  '3x3, same, larger': {
    x: [3, 8, 16, 16],
    kernel: [16, 8, 3, 3],
    stride: [1, 1],
    padding: [1, 1, 1, 1],
    groups: 1,
  },
  'blocks of images': {
    x: [16, 3, 9, 8],
    kernel: [16, 3, 3, 3],
    stride: [1, 1],
    padding: [1, 1, 1, 1],
    groups: 1,
  },
  'blocks of images, uneven': {
    x: [16, 3, 9, 8],
    kernel: [16, 3, 5, 3],
    stride: [1, 1],
    padding: [0, 2, 3, 1],
    groups: 1,
  },
  'blocks of images, stride 2': {
    x: [16, 3, 8, 8],
    kernel: [16, 3, 3, 3],
    stride: [2, 2],
    padding: [1, 1, 1, 1],
    groups: 1,
  },
  'blocks of images, few outputs': {
    x: [16, 16, 7, 6],
    kernel: [5, 16, 3, 3],
    stride: [1, 1],
    padding: [1, 0, 1, 2],
    groups: 1,
  },
  'blocks of channels': {
    x: [2, 16, 9, 8],
    kernel: [32, 16, 3, 3],
    stride: [1, 1],
    padding: [1, 1, 1, 1],
    groups: 1,
  },
  'blocks of channels, stride 2': {
    x: [2, 32, 8, 8],
    kernel: [16, 32, 3, 3],
    stride: [2, 2],
    padding: [0, 0, 1, 1],
    groups: 1,
  },
  'large map': { x: [2, 3, 24, 20], kernel: [4, 3, 5, 3], stride: [1, 1], padding: [1, 0, 2, 1], groups: 1 },
  '3x3, unpadded': {
    x: [2, 3, 6, 5],
    kernel: [4, 3, 3, 3],
    stride: [1, 1],
    padding: [0, 0, 0, 0],
    groups: 1,
  },
  '3x3, uneven padding': {
    x: [2, 3, 6, 5],
    kernel: [4, 3, 3, 3],
    stride: [1, 1],
    padding: [0, 1, 2, 1],
    groups: 1,
  },
  '3x3, wide padding': {
    x: [1, 2, 4, 4],
    kernel: [3, 2, 3, 3],
    stride: [1, 1],
    padding: [3, 3, 3, 3],
    groups: 1,
  },
  '3x3, stride 2': {
    x: [2, 3, 8, 8],
    kernel: [4, 3, 3, 3],
    stride: [2, 2],
    padding: [1, 1, 1, 1],
    groups: 1,
  },
  '3x3, stride 2, right and below': {
    x: [2, 3, 8, 8],
    kernel: [4, 3, 3, 3],
    stride: [2, 2],
    padding: [0, 0, 1, 1],
    groups: 1,
  },
  '3x3, stride 2, odd sides': {
    x: [2, 3, 7, 9],
    kernel: [4, 3, 3, 3],
    stride: [2, 2],
    padding: [1, 1, 1, 1],
    groups: 1,
  },
  '5x3, strides 1 and 2': {
    x: [1, 2, 9, 8],
    kernel: [3, 2, 5, 3],
    stride: [1, 2],
    padding: [2, 1, 2, 1],
    groups: 1,
  },
  'patches of 4': { x: [2, 3, 8, 8], kernel: [5, 3, 4, 4], stride: [4, 4], padding: [0, 0, 0, 0], groups: 1 },
  'two groups': { x: [2, 4, 6, 6], kernel: [6, 2, 3, 3], stride: [1, 1], padding: [1, 1, 1, 1], groups: 2 },
  'two groups, stride 2': {
    x: [2, 4, 6, 6],
    kernel: [6, 2, 3, 3],
    stride: [2, 2],
    padding: [1, 1, 1, 1],
    groups: 2,
  },
  depthwise: { x: [2, 4, 6, 6], kernel: [4, 1, 3, 3], stride: [1, 1], padding: [1, 1, 1, 1], groups: 4 },
};

type Visit = (y: number, x: number, kernel: number) => void;

/** Calls back for every product that a convolution sums, with flat indices into output, input and kernel. */
function eachProduct({ x, kernel, stride, padding, groups }: Case, output: Shape, visit: Visit): void {
  const [n, c, h, w] = x as [number, number, number, number];
  const [o, ci, kh, kw] = kernel as [number, number, number, number];
  const [, , oh, ow] = output as [number, number, number, number];
  for (let b = 0; b < n; b++)
    for (let k = 0; k < o; k++)
      for (let oy = 0; oy < oh; oy++)
        for (let ox = 0; ox < ow; ox++)
          for (let i = 0; i < ci; i++)
            for (let ky = 0; ky < kh; ky++)
              for (let kx = 0; kx < kw; kx++) {
                const iy = oy * stride[0] + ky - padding[0];
                const ix = ox * stride[1] + kx - padding[1];
                if (iy < 0 || iy >= h || ix < 0 || ix >= w) continue;
                const channel = Math.floor(k / (o / groups)) * ci + i;
                visit(
                  ((b * o + k) * oh + oy) * ow + ox,
                  ((b * c + channel) * h + iy) * w + ix,
                  ((k * ci + i) * kh + ky) * kw + kx,
                );
              }
}

describe.each(Object.entries(cases))('conv2d %s', (_name, parts) => {
  const { x: xShape, kernel: kernelShape, ...attrs } = parts;
  const [x, kernel] = [noise(xShape, 1), noise(kernelShape, 2)];

  it('agrees with plain loops, and so do both gradients', async () => {
    const forward = await evaluate({ x, kernel }, (v) => ({
      y: node(conv2dOp, [v.x!, v.kernel!], { ...attrs }),
    }));
    const y = forward.y!;
    const dy = noise(y.shape, 3);
    const gradients = await evaluate({ x, kernel, dy }, (v) => ({
      dx: node(conv2dInputGradientOp, [v.dy!, v.kernel!], { ...attrs, shape: xShape }),
      dkernel: node(conv2dKernelGradientOp, [v.x!, v.dy!], { ...attrs, shape: kernelShape }),
    }));
    const expected = {
      y: new Float64Array(y.data.length),
      dx: new Float64Array(x.data.length),
      dkernel: new Float64Array(kernel.data.length),
    };
    eachProduct(parts, y.shape, (o, i, k) => {
      expected.y[o]! += x.data[i]! * kernel.data[k]!;
      expected.dx[i]! += dy.data[o]! * kernel.data[k]!;
      expected.dkernel[k]! += dy.data[o]! * x.data[i]!;
    });
    expect(worst(y.data, expected.y)).toBeLessThan(1e-5);
    expect(gradients.dx!.shape).toEqual(xShape);
    expect(worst(gradients.dx!.data, expected.dx)).toBeLessThan(1e-5);
    expect(gradients.dkernel!.shape).toEqual(kernelShape);
    expect(worst(gradients.dkernel!.data, expected.dkernel)).toBeLessThan(1e-5);
  });
});
