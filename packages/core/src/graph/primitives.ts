// Every op by name: what a backend must compute, and what it may.

import * as composite from './composite.js';
import * as elementwise from './elementwise.js';
import * as indexing from './indexing.js';
import * as layout from './layout.js';
import * as linear from './linear.js';
import * as reduce from './reduce.js';
import type { Op } from './value.js';

function byName(ops: readonly Op[]): Readonly<Record<string, Op>> {
  return Object.fromEntries(ops.map((op) => [op.name, op]));
}

/** Every primitive by its name. A backend computes all of them; input, parameter and constant are leaves. */
export const primitives: Readonly<Record<string, Op>> = byName([
  elementwise.negateOp,
  elementwise.expOp,
  elementwise.logOp,
  elementwise.sqrtOp,
  elementwise.absOp,
  elementwise.signOp,
  elementwise.sinOp,
  elementwise.cosOp,
  elementwise.tanhOp,
  elementwise.sigmoidOp,
  elementwise.erfOp,
  elementwise.stopGradientOp,
  ...elementwise.broadcastingOps,
  elementwise.castOp,
  layout.reshapeOp,
  layout.transposeOp,
  layout.broadcastToOp,
  layout.concatOp,
  layout.sliceOp,
  layout.padOp,
  reduce.sumOp,
  reduce.maxOp,
  reduce.argMaxOp,
  indexing.gatherOp,
  indexing.scatterAddOp,
  linear.matmulOp,
  linear.conv2dOp,
  linear.conv2dInputGradientOp,
  linear.conv2dKernelGradientOp,
]);

/** Every composite by its name. A backend may lower one natively or compute its expansion. */
export const composites: Readonly<Record<string, Op>> = byName([
  composite.softmaxOp,
  composite.logSoftmaxOp,
  composite.siluOp,
  composite.geluOp,
  composite.softplusOp,
  composite.layerNormOp,
  composite.groupNormOp,
  composite.attentionOp,
  composite.upsampleNearestOp,
  composite.pixelUnshuffleOp,
  composite.pixelShuffleOp,
]);
