// The image path: a detector looks at the decoded prediction of the clean latents.

import {
  type DetectorGraph,
  gather,
  input,
  multiply,
  reshape,
  type Scope,
  type Tensors,
  tensor,
  type Value,
  type Values,
} from '@spatiallock/core';
import { checkObject, checkVector, checkWhole } from '@spatiallock/core/checks';
import { pogInputs } from './inputs.js';
import { resize } from './resize.js';

/** Under which frozen networks are named; nothing below it may learn. */
export const FROZEN_SCOPE = 'pog';

/** The parameters of a frozen network under the names that PoG's graphs ask for. */
export function frozenParams(network: 'vae' | 'detector', params: Tensors): Tensors {
  checkObject(params, 'params');
  const prefix = `${FROZEN_SCOPE}.${network}`;
  return Object.fromEntries(Object.entries(params).map(([name, value]) => [`${prefix}.${name}`, value]));
}

/** How the image path looks at a picture. */
export interface LookOptions {
  readonly detector: DetectorGraph;
  /** The detector's own targets. */
  readonly targets: Values;
  /** Pixels per side of the pictures that the detector takes; default those that are decoded. */
  readonly imageSize?: number;
}

/** The detector's loss on pictures [P, 3, H, W] in -1..1; its parameters are named below `pog.detector`. */
export function detectorLoss(root: Scope, pictures: Value, options: LookOptions): Value {
  const { detector, targets, imageSize } = options;
  const seen = imageSize === undefined ? pictures : resize(pictures, imageSize, imageSize);
  return detector.loss(detector.build(root.at(FROZEN_SCOPE, 'detector'), seen), targets);
}

/** `pog.rows`, int32 [pictures]: which rows of the batch are looked at; `pog.imageWeight`, a scalar. */
export function rowInputs(pictures: number): Values {
  return {
    [pogInputs.rows]: input(pogInputs.rows, [pictures], 'int32'),
    [pogInputs.imageWeight]: input(pogInputs.imageWeight, []),
  };
}

/** The rows of x [N, ...] that `rows` names, [P, ...]. */
export function takeRows(x: Value, rows: Value): Value {
  const [n, ...rest] = x.shape as [number, ...number[]];
  return reshape(gather(reshape(x, [n, -1]), rows), [...rows.shape, ...rest]);
}

/** A loss that counts only in steps that have a picture to look at. */
export const weighted = (loss: Value, inputs: Values): Value =>
  multiply(loss, inputs[pogInputs.imageWeight]!);

/** The rows of a batch with the least noise, and their tensors. */
export interface LowNoiseRows {
  /** Row of the batch for each picture that is looked at; make the detector's targets from these rows' boxes. */
  readonly rows: readonly number[];
  /** For `rowInputs`. */
  readonly tensors: Tensors;
}

/**
 * Chooses the rows whose timestep is at most `most`, in turn until `pictures` are taken; where there is none the
 * weight is 0. `most` is in training timesteps, default 200 (of 1000, as ControlNet++, arXiv 2404.07987).
 */
export function lowNoiseRows(timesteps: readonly number[], pictures: number, most = 200): LowNoiseRows {
  checkVector(timesteps, 'timesteps');
  checkWhole(pictures, { min: 0, max: 1e6 }, 'pictures');
  const low = timesteps.flatMap((timestep, row) => (timestep <= most ? [row] : []));
  const rows = Array.from({ length: pictures }, (_, i) => low[i % low.length] ?? 0);
  return {
    rows,
    tensors: {
      [pogInputs.rows]: tensor(Int32Array.from(rows), [pictures], 'int32'),
      [pogInputs.imageWeight]: tensor([low.length > 0 ? 1 : 0], []),
    },
  };
}
