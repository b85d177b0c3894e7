// PoG in a training step: what to hang into the U-Net, and what to add to the loss.

import {
  add,
  multiply,
  reshape,
  type Scope,
  scalar,
  sliceAxis,
  type UNetHooks,
  type Value,
  type Values,
} from '@spatiallock/core';
import { defaultPerceptionConfig, type PerceptionConfig } from './config.js';
import { perception } from './featurePath.js';
import { detectorLoss, FROZEN_SCOPE, type LookOptions, rowInputs, takeRows, weighted } from './imagePath.js';
import { boxInputs, pogInputs } from './inputs.js';
import { type PerceptionLossOptions, type PerceptionTargets, perceptionLoss } from './perceptionLoss.js';
import { listen } from './taps.js';

export interface FeaturePathOptions extends PerceptionLossOptions {
  readonly config?: PerceptionConfig;
  /** Share of the perception loss in the whole loss, without unit. Default 0.01 (DetDiffusion, arXiv 2403.13304). */
  readonly lambda?: number;
}

export interface ImagePathOptions extends LookOptions {
  /** Latents as the U-Net sees them to pictures in -1..1: `LatentDecoder.decode`. */
  decode(scope: Scope, latents: Value): Value;
  /** Pictures of a batch that are decoded and looked at in each step. Default 4. */
  readonly pictures?: number;
  /** Share of the detector's loss in the whole loss, without unit. Default 0.01. */
  readonly lambda?: number;
}

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
  /** Predicted clean latents, [N, C, h, w]: see `cleanLatents`. */
  readonly denoised: Value;
  /** Share of the clean latents' variance left at each picture's timestep, 0..1, N numbers. */
  readonly alphaBar: Value;
  /** Boxes and masks, or more slots of them than `objects`; default inputs of PoG's own, see `boxTensors`. */
  readonly targets?: PerceptionTargets;
}

export interface PogLoss {
  /** A scalar: to be added to the diffusion loss. */
  readonly loss: Value;
  /** Inputs that the step must be fed beside its own. */
  readonly inputs: Values;
  /** Scalars to watch, without lambda: `perception`, its parts, and `detector`. */
  readonly outputs: Values;
}

export interface PogTraining {
  /** To be combined with PoI's: `combineHooks([poi.hooks, pog.hooks])`. Serves one building of the U-Net. */
  readonly hooks: UNetHooks;
  /** Call it after the U-Net was built. */
  loss(pieces: TrainingPieces): PogLoss;
  /** For `trainingGraph`: keeps decoder and detector frozen. */
  trains(name: string): boolean;
}

/** L = L_diffusion + lambda L_p: the second term, for the feature path, the image path or both. */
export function pogTraining(options: PogTrainingOptions): PogTraining {
  const { feature = {}, image } = options;
  if (!feature && !image) throw new Error('feature, image: both are off; leave pogTraining out instead');
  const config = (feature === false ? undefined : feature.config) ?? defaultPerceptionConfig;
  const { hooks, read } = listen(config.stages);
  return {
    hooks: feature ? hooks : {},
    trains: (name) => !name.startsWith(`${FROZEN_SCOPE}.`),
    loss(pieces) {
      const parts = [
        ...(feature ? [featureLoss(options, feature, pieces, perceptionOf(pieces.scope))] : []),
        ...(image ? [imageLoss(image, pieces)] : []),
      ];
      return {
        loss: parts.map(({ loss }) => loss).reduce((a, b) => add(a, b), scalar(0)),
        inputs: Object.assign({}, ...parts.map(({ inputs }) => inputs)),
        outputs: Object.assign({}, ...parts.map(({ outputs }) => outputs)),
      };
    },
  };

  function perceptionOf(scope: Scope) {
    return perception(scope, read(), options.objects, config);
  }
}

function featureLoss(
  { batch, objects }: PogTrainingOptions,
  { lambda = 0.01, ...rest }: FeaturePathOptions,
  { alphaBar, targets }: TrainingPieces,
  seen: ReturnType<typeof perception>,
): PogLoss {
  const inputs = targets ? {} : boxInputs(batch, objects);
  const wanted = targets
    ? firstSlots(targets, objects)
    : { boxes: inputs[pogInputs.boxes]!, masks: inputs[pogInputs.masks]! };
  const { loss, parts } = perceptionLoss(seen, wanted, alphaBar, rest);
  return { loss: multiply(loss, lambda), inputs, outputs: { perception: loss, ...parts } };
}

function firstSlots({ boxes, masks, regions }: PerceptionTargets, objects: number): PerceptionTargets {
  const first = (x: Value): Value => sliceAxis(x, 1, 0, objects);
  return { boxes: first(boxes), masks: first(masks), ...(regions ? { regions: first(regions) } : {}) };
}

function imageLoss(
  { decode, pictures = 4, lambda = 0.01, ...look }: ImagePathOptions,
  { scope, denoised }: TrainingPieces,
): PogLoss {
  const inputs = rowInputs(pictures);
  const latents = takeRows(denoised, inputs[pogInputs.rows]!);
  const images = decode(scope.at(FROZEN_SCOPE, 'vae'), latents);
  const detector = reshape(weighted(detectorLoss(scope, images, look), inputs), []);
  return {
    loss: multiply(detector, lambda),
    inputs: { ...inputs, ...look.targets },
    outputs: { detector },
  };
}
