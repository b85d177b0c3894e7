// PoG in a training step: what to hang into the U-Net, and what to add to the loss.

import {
  add,
  multiply,
  reshape,
  type Scope,
  scalar,
  sliceAxis,
  type Value,
  type Values,
} from '@spatiallock/core';
import { checkKeys, checkWhole } from '@spatiallock/core/checks';
import type { UNetHooks } from '@spatiallock/core/models';
import { captureActivations } from './capturedActivations.js';
import { defaultPerceptionConfig, type PerceptionConfig } from './config.js';
import { perception } from './featurePath.js';
import { detectorLoss, FROZEN_SCOPE, type LookOptions, rowInputs, takeRows, weighted } from './imagePath.js';
import { boxInputs, pogInputs } from './inputs.js';
import { type PerceptionLossOptions, type PerceptionTargets, perceptionLoss } from './perceptionLoss.js';

const COUNT = { min: 1, max: 1e6 };
/** Pictures that the image path looks at in each step. */
const PICTURES = 4;

/** Options of the feature path in training. */
export interface FeaturePathOptions extends PerceptionLossOptions {
  readonly config?: PerceptionConfig;
  /** Share of the perception loss in the whole loss, without unit. Default 0.01 (DetDiffusion, arXiv 2403.13304). */
  readonly lambda?: number;
}

/** Options of the image path in training. */
export interface ImagePathOptions extends LookOptions {
  /** Latents as the U-Net sees them to pictures in -1..1: `LatentAutoencoder.decode`. */
  decode(scope: Scope, latents: Value): Value;
  /** Pictures of a batch that are decoded and looked at in each step. Default 4. */
  readonly pictures?: number;
  /** Share of the detector's loss in the whole loss, without unit. Default 0.01. */
  readonly lambda?: number;
}

/** Options of `pogTraining`. */
export interface PogTrainingOptions {
  /** Pictures in a batch. */
  readonly batch: number;
  /** Grounding slots that are compared, from the first; objects beyond them count nothing. */
  readonly objects: number;
  /** False switches the feature path off. */
  readonly feature?: FeaturePathOptions | false;
  /** Off unless given. */
  readonly image?: ImagePathOptions;
}

/** The pieces of one training step. */
export interface TrainingPieces {
  /** The root under which the U-Net's parameters are named. */
  readonly scope: Scope;
  /** The x0 prediction, [N, C, h, w]: see core's `x0Prediction`. */
  readonly denoised: Value;
  /** Share of the clean latents' variance left at each picture's timestep, 0..1, N numbers. */
  readonly alphaCumprod: Value;
  /** Boxes and masks, or more slots of them than `objects`; default inputs of PoG's own, see `boxTensors`. */
  readonly targets?: PerceptionTargets;
}

/** What PoG adds to the loss of training. */
export interface PogLoss {
  /** A scalar: to be added to the diffusion loss. */
  readonly loss: Value;
  /** Scalars to watch, without lambda: `perception`, its parts, and `detector`. */
  readonly outputs: Values;
}

/** PoG's part of a training graph. */
export interface PogTraining {
  /** Serve one building of the U-Net. */
  readonly hooks: UNetHooks;
  /** Inputs that the step must be fed beside its own; boxes and masks only where `TrainingPieces.targets` are not given. */
  readonly inputs: Values;
  /** Call it after the U-Net was built. */
  loss(pieces: TrainingPieces): PogLoss;
  /** For `trainingGraph`: keeps decoder and detector frozen. */
  trains(name: string): boolean;
}

/** L = L_diffusion + lambda L_p: the second term, for the feature path, the image path or both. */
export function pogTraining(options: PogTrainingOptions): PogTraining {
  checkKeys(options, ['batch', 'objects', 'feature', 'image'], 'pogTraining');
  checkWhole(options.batch, COUNT, 'pogTraining.batch');
  checkWhole(options.objects, COUNT, 'pogTraining.objects');
  const { feature = {}, image } = options;
  if (!feature && !image) throw new Error('feature, image: both are off; leave pogTraining out instead');
  const config = (feature === false ? undefined : feature.config) ?? defaultPerceptionConfig;
  const { hooks, read } = captureActivations(config.stages);
  const boxes = feature ? boxInputs(options.batch, options.objects) : {};
  const rows = image ? rowInputs(image.pictures ?? PICTURES) : {};
  return {
    hooks: feature ? hooks : {},
    inputs: { ...boxes, ...rows, ...image?.targets },
    trains: (name) => !name.startsWith(`${FROZEN_SCOPE}.`),
    loss(pieces) {
      const parts = [
        ...(feature ? [featureLoss(options, feature, pieces, boxes, perceptionOf(pieces.scope))] : []),
        ...(image ? [imageLoss(image, pieces, rows)] : []),
      ];
      return {
        loss: parts.map(({ loss }) => loss).reduce((a, b) => add(a, b), scalar(0)),
        outputs: Object.assign({}, ...parts.map(({ outputs }) => outputs)),
      };
    },
  };

  function perceptionOf(scope: Scope) {
    return perception(scope, read(), options.objects, config);
  }
}

function featureLoss(
  { objects }: PogTrainingOptions,
  { lambda = 0.01, ...rest }: FeaturePathOptions,
  { alphaCumprod, targets }: TrainingPieces,
  inputs: Values,
  output: ReturnType<typeof perception>,
): PogLoss {
  const wanted = targets
    ? firstSlots(targets, objects)
    : { boxes: inputs[pogInputs.boxes]!, masks: inputs[pogInputs.masks]! };
  const { loss, parts } = perceptionLoss(output, wanted, alphaCumprod, rest);
  return { loss: multiply(loss, lambda), outputs: { perception: loss, ...parts } };
}

function firstSlots({ boxes, masks, regions }: PerceptionTargets, objects: number): PerceptionTargets {
  const first = (x: Value): Value => sliceAxis(x, 1, 0, objects);
  return { boxes: first(boxes), masks: first(masks), ...(regions ? { regions: first(regions) } : {}) };
}

function imageLoss(
  { decode, pictures: _, lambda = 0.01, ...look }: ImagePathOptions,
  { scope, denoised }: TrainingPieces,
  inputs: Values,
): PogLoss {
  const latents = takeRows(denoised, inputs[pogInputs.rows]!);
  const images = decode(scope.at(FROZEN_SCOPE, 'vae'), latents);
  const detector = reshape(weighted(detectorLoss(scope, images, look), inputs), []);
  return { loss: multiply(detector, lambda), outputs: { detector } };
}
