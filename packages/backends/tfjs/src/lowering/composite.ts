import type { Value } from '@spatiallock/core';
import { type AxisAttrs, attrsOf, type FactorAttrs } from '@spatiallock/core/backend';
import type { Lowering, LoweringTable } from './lowering.js';

/** Along the last axis only: the layout pass expands the others. */
const softmax: Lowering = (value, { kernel }) => {
  const call = kernel('Softmax');
  const { axis } = attrsOf<AxisAttrs>(value);
  return ([logits]) => call({ logits: logits! }, { dim: axis });
};

/** Repeats every pixel of x [N, H, W, C] along both sides. */
const upsampleLast: Lowering = (value, { kernel }) => {
  const call = kernel('ResizeNearestNeighbor');
  const { factor } = attrsOf<FactorAttrs>(value);
  const [, height, width] = (value.inputs[0] as Value).shape as [number, number, number, number];
  const attrs = { alignCorners: false, halfPixelCenters: false, size: [height * factor, width * factor] };
  return ([images]) => call({ images: images! }, attrs);
};

export const composite: LoweringTable = { softmax, upsampleLast };
