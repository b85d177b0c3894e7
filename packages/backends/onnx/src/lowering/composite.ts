// Composites that ONNX Runtime computes faster whole than expanded.

import { attrsOf, type AxisAttrs, type FactorAttrs, type NormAttrs } from '@spatiallock/core';
import type { Lowering, LoweringTable } from './lowering.js';

const along =
  (opType: string): Lowering =>
  (value, inputs, { emit }) =>
    emit(opType, inputs, { axis: attrsOf<AxisAttrs>(value).axis });

const gelu: Lowering = (_value, inputs, { emit }) => emit('Gelu', inputs, {}, { domain: 'com.microsoft' });

const silu: Lowering = (_value, inputs, { emit }) =>
  emit('QuickGelu', inputs, { alpha: { float: 1 } }, { domain: 'com.microsoft' });

const layerNorm: Lowering = (value, inputs, { emit }) =>
  emit('LayerNormalization', inputs, { axis: -1, epsilon: { float: attrsOf<NormAttrs>(value).epsilon } });

/** DepthToSpace in CRD mode orders channels as PyTorch does: [C, f, f]. */
const pixelShuffle: Lowering = (value, inputs, { emit }) =>
  emit('DepthToSpace', inputs, { blocksize: attrsOf<FactorAttrs>(value).factor, mode: 'CRD' });

export const composite: LoweringTable = {
  softmax: along('Softmax'),
  logSoftmax: along('LogSoftmax'),
  gelu,
  silu,
  layerNorm,
  pixelShuffle,
};
