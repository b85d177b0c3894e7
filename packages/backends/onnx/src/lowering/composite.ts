// Composites that ONNX Runtime computes faster whole than expanded.

import { type Shape, sizeOf, type Value } from '@spatiallock/core';
import {
  type AxisAttrs,
  attrsOf,
  type FactorAttrs,
  type GroupNormAttrs,
  type NormAttrs,
} from '@spatiallock/core/backend';
import type { Emitter } from '../emitter.js';
import type { NormalAttrs } from '../passes/normalisation.js';
import { attention } from './attention.js';
import type { Lowering, LoweringTable } from './lowering.js';

const contrib = { domain: 'com.microsoft' };

const along =
  (opType: string): Lowering =>
  (value, inputs, { emit }) =>
    emit(opType, inputs, { axis: attrsOf<AxisAttrs>(value).axis });

const gelu: Lowering = (_value, inputs, { emit }) => emit('Gelu', inputs, {}, contrib);

const silu: Lowering = (_value, inputs, { emit }) =>
  emit('QuickGelu', inputs, { alpha: { float: 1 } }, contrib);

const layerNorm: Lowering = (value, inputs, { emit }) =>
  emit('LayerNormalization', inputs, { axis: -1, epsilon: { float: attrsOf<NormAttrs>(value).epsilon } });

function filled(shape: Shape, value: number, { constant }: Emitter): string {
  const data = new Float32Array(sizeOf(shape)).fill(value);
  return constant({ dtype: 'float32', shape, data });
}

/** Normalised numbers and 1 / std come out of one node, whichever is asked for first. */
const normalisation =
  (output: 0 | 2): Lowering =>
  (value, [x], emitter) => {
    const { epsilon } = attrsOf<NormalAttrs>(value);
    const weight = filled([value.inputs[0]!.shape.at(-1)!], 1, emitter);
    const attributes = { axis: -1, epsilon: { float: epsilon } };
    return emitter.emitAll('LayerNormalization', [x!, weight], attributes, { outputs: 3 })[output]!;
  };

/** Groups as the channels of InstanceNormalization, which is faster than LayerNormalization over each group. */
const groupNorm: Lowering = (value, [x, weight, bias], emitter) => {
  const { emit, ints } = emitter;
  const { groups, epsilon } = attrsOf<GroupNormAttrs>(value);
  const [n, c, ...sides] = value.shape as [number, number, ...number[]];
  const grouped = emit('Reshape', [x!, ints([n, groups, -1])]);
  const [one, zero] = [filled([groups], 1, emitter), filled([groups], 0, emitter)];
  const normal = emit('InstanceNormalization', [grouped, one, zero], { epsilon: { float: epsilon } });
  const perChannel = ints([1, c, ...sides.map(() => 1)]);
  const scaled = emit('Mul', [
    emit('Reshape', [normal, ints(value.shape)]),
    emit('Reshape', [weight!, perChannel]),
  ]);
  return emit('Add', [scaled, emit('Reshape', [bias!, perChannel])]);
};

/** Each group of pixels by a convolution of one tap per group: threads share it, unlike a transpose. */
const pixelUnshuffle: Lowering = (value, [x], { emit, constant }) => {
  const { factor } = attrsOf<FactorAttrs>(value);
  const channels = (value.inputs[0] as Value).shape[1]!;
  const taps = factor * factor;
  const data = new Float32Array(channels * taps * taps);
  for (let i = 0; i < channels * taps; i++) data[i * taps + (i % taps)] = 1;
  const kernel = constant({ dtype: 'float32', shape: [channels * taps, 1, factor, factor], data });
  return emit('Conv', [x!, kernel], { group: channels, strides: [factor, factor] });
};

const upsampleNearest: Lowering = (value, [x], { emit, constant }) => {
  const { factor } = attrsOf<FactorAttrs>(value);
  const scales = constant({ dtype: 'float32', shape: [4], data: Float32Array.of(1, 1, factor, factor) });
  return emit('Resize', [x!, '', scales], {
    mode: 'nearest',
    coordinate_transformation_mode: 'asymmetric',
    nearest_mode: 'floor',
  });
};

/** DepthToSpace in CRD mode orders channels as PyTorch does: [C, f, f]. */
const pixelShuffle: Lowering = (value, inputs, { emit }) =>
  emit('DepthToSpace', inputs, { blocksize: attrsOf<FactorAttrs>(value).factor, mode: 'CRD' });

export const composite: LoweringTable = {
  softmax: along('Softmax'),
  logSoftmax: along('LogSoftmax'),
  gelu,
  silu,
  layerNorm,
  groupNorm,
  normal: normalisation(0),
  inverseDeviation: normalisation(2),
  attention,
  upsampleNearest,
  pixelUnshuffle,
  pixelShuffle,
};
