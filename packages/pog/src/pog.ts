// The plugin: guidance at inference by either loss. Off unless asked for: then PoG adds nothing to the U-Net.

import {
  checkCallback,
  checkKeys,
  checkNumber,
  checkWhole,
  type Guidance,
  type GuidanceEvent,
  type GuidancePart,
  type Layout,
  MAX_OBJECTS,
  type Plugin,
  sliceAxis,
  type Tensors,
  type UNetContext,
  type UNetPart,
  type Values,
} from '@spatiallock/core';
import { perception } from './featurePath.js';
import type { Perception } from './files.js';
import { type DetectorGraph, detectorLoss, frozenParams } from './imagePath.js';
import { boxInputs, boxTensors, pogInputs } from './inputs.js';
import { defaultPerceptionWeights, type PerceptionLossOptions, perceptionLoss } from './perceptionLoss.js';
import { listen } from './taps.js';

/**
 * A detector that guides: its graph, its weights, and how it is told what to look for; `queryGuide` of
 * `@spatiallock/detectors` gives one.
 */
export interface GuidingDetector {
  /** `loss` may give one number a picture: a picture's move then does not depend on those beside it. */
  readonly graph: DetectorGraph;
  readonly weights: Tensors;
  /** Pixels per side of the pictures that it takes; default those of the model. */
  readonly imageSize?: number;
  /** The inputs that `graph.loss` reads, for a batch of so many pictures. */
  inputs(batch: number): Values;
  /** The numbers for them; a layout for each picture. */
  targets(layouts: readonly Layout[]): Tensors;
}

/**
 * What is used where an option is not given. Our choice, for an image path on the embedded model, from the sweep in
 * research/recipe/docs/sampling.md.
 */
export const defaultGuidance = { strength: 0.03, until: 0.7, repeats: 1, stop: 0 } as const;

/** By what latents are guided, when, and how far they move. */
export interface PogGuidance {
  /** Guides by the feature path; `readPerception` reads it. Give this or `detector`. */
  readonly perception?: Perception;
  /** Weights of the feature path's loss. */
  readonly loss?: PerceptionLossOptions;
  /** Guides by the image path. */
  readonly detector?: GuidingDetector;
  /** A move's mean absolute size, as a share of the latents' own times sqrt(1 - alphaBar), 0..1. Default 0.03. */
  readonly strength?: number;
  /** Share of the calls, from the first, before which latents move, 0..1; at least one where above 0. Default 0.7. */
  readonly until?: number;
  /** The most moves before one call, 1..100; each costs a forward and a backward pass. Default 1. */
  readonly repeats?: number;
  /** A picture whose loss is at most this rests: in the loss's own unit, -1e6..1e6. Default 0, never. */
  readonly stop?: number;
  /** Hears the losses before each move. */
  readonly onMove?: (event: GuidanceEvent) => void;
}

export interface PogOptions {
  /** Off by default. */
  readonly guidance?: PogGuidance;
}

/** Position-Guided Learning (SpatialLock, arXiv 2511.04112) at inference. Training is `pogTraining`'s. */
export function pog(options: PogOptions = {}): Plugin {
  checkKeys(options, ['guidance'], 'pog');
  const { guidance } = options;
  if (guidance === undefined) return { name: 'pog' };
  checkKeys(guidance, GUIDANCE_OPTIONS, 'pog.guidance');
  checkLossOptions(guidance.loss);
  const path = guidance.perception
    ? featureGuide(guidance.perception, guidance.loss)
    : guidance.detector && imageGuide(guidance.detector);
  if (!path || (guidance.perception && guidance.detector)) {
    throw new Error('pog.guidance: needs either perception (see readPerception) or detector');
  }
  return {
    name: 'pog',
    groundsObjects: true,
    params: path.params,
    unet: path.unet,
    guidance: planOf(guidance, path),
  };
}

const GUIDANCE_OPTIONS = ['perception', 'loss', 'detector', 'strength', 'until', 'repeats', 'stop', 'onMove'];
const WEIGHT = { min: 0, max: 1e6 };

function checkLossOptions(loss: unknown = {}): void {
  const { weights = {}, focalExponent = 2 } = checkKeys(
    loss,
    ['weights', 'focalExponent'],
    'pog.guidance.loss',
  );
  checkNumber(focalExponent, { min: 0, max: 100 }, 'pog.guidance.loss.focalExponent');
  const path = 'pog.guidance.loss.weights';
  const given = checkKeys(weights, Object.keys(defaultPerceptionWeights), path);
  for (const [name, weight] of Object.entries(given)) checkNumber(weight, WEIGHT, `${path}.${name}`);
}

interface GuidePath {
  readonly params: Tensors;
  unet(context: UNetContext): UNetPart;
  tensors(layouts: readonly Layout[]): Tensors;
}

/** Without the options that are undefined. */
const given = (options: PogGuidance): PogGuidance =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));

function planOf(options: PogGuidance, path: GuidePath): Guidance {
  const { strength, until, repeats, stop } = { ...defaultGuidance, ...given(options) };
  const { onMove } = options;
  checkNumber(strength, { min: 0, max: 1 }, 'pog.guidance.strength');
  checkNumber(until, { min: 0, max: 1 }, 'pog.guidance.until');
  checkWhole(repeats, { min: 1, max: 100 }, 'pog.guidance.repeats');
  checkNumber(stop, { min: -1e6, max: 1e6 }, 'pog.guidance.stop');
  checkCallback(onMove, 'pog.guidance.onMove');
  return { strength, until, repeats, stop, inputs: path.tensors, ...(onMove ? { onMove } : {}) };
}

function featureGuide({ config, weights }: Perception, options?: PerceptionLossOptions): GuidePath {
  return {
    params: weights,
    unet({ scope, batch, objects }) {
      const { hooks, read } = listen(config.stages);
      const inputs = boxInputs(batch, MAX_OBJECTS);
      const guidance: GuidancePart = {
        inputs,
        loss() {
          const first = (name: string) => sliceAxis(inputs[name]!, 1, 0, objects);
          const targets = { boxes: first(pogInputs.boxes), masks: first(pogInputs.masks) };
          const seen = perception(scope, read(), objects, config);
          return perceptionLoss(seen, targets, undefined, options).perPicture;
        },
      };
      return { inputs: {}, hooks, guidance };
    },
    tensors: (layouts) => boxTensors(layouts.map(boxesOf), MAX_OBJECTS),
  };
}

const boxesOf = ({ objects }: Layout) => objects.map(({ box }) => box);

function imageGuide(detector: GuidingDetector): GuidePath {
  return {
    params: frozenParams('detector', detector.weights),
    unet({ scope, batch }) {
      const targets = detector.inputs(batch);
      const { graph, imageSize } = detector;
      const guidance: GuidancePart = {
        inputs: targets,
        loss: ({ denoised, decode }) =>
          detectorLoss(scope, decode(denoised), { detector: graph, targets, imageSize }),
      };
      return { inputs: {}, hooks: {}, guidance };
    },
    tensors: (layouts) => detector.targets(layouts),
  };
}
