// The plugin: guidance at inference by either loss, and both losses in training. Each is off unless asked for.

import {
  type Guidance,
  type GuidanceEvent,
  type GuidancePart,
  type GuidingDetector,
  type Layout,
  MAX_OBJECTS,
  type NetworkContext,
  type NetworkPart,
  PLUGIN_VERSION,
  type Plugin,
  sliceAxis,
  type Tensors,
} from '@spatiallock/core';
import { checkCallback, checkKeys, checkNumber, checkWhole } from '@spatiallock/core/checks';
import { captureActivations } from './capturedActivations.js';
import { perception } from './featurePath.js';
import type { Perception } from './files.js';
import { detectorLoss, FROZEN_SCOPE, frozenParams } from './imagePath.js';
import { boxesOf, boxInputs, boxTensors, pogInputs } from './inputs.js';
import { defaultPerceptionWeights, type PerceptionLossOptions, perceptionLoss } from './perceptionLoss.js';
import { supervisorParams } from './supervisor.js';
import { type PogTrainingSettings, trainingGraphOf, trainingOf } from './trainingPlugin.js';

/**
 * What is used where an option is not given. Our choice, for an image path on the model of 64 words, from the sweep in
 * research/recipe-128/docs/sampling.md.
 */
export const defaultGuidance = { strength: 0.03, until: 0.7, repeats: 1, stop: 0 } as const;

/** Numbers of the guidance; they may differ from call to call: `generate(layout, { plugins: { pog: { strength: 0 } } })`. */
export interface PogCallOptions {
  /**
   * A move's mean absolute size, as a share of the latents' own times sqrt(1 - alphaCumprod), 0..1; 0 is off. Default 0.03.
   */
  readonly strength?: number;
  /** Share of the calls, from the first, before which latents move, 0..1; at least one where above 0. Default 0.7. */
  readonly until?: number;
  /** The most moves before one call, 1..100; each costs a forward and a backward pass. Default 1. */
  readonly repeats?: number;
  /** A picture whose loss is at most this is not moved: in the loss's own unit, -1e6..1e6. Default 0. */
  readonly stop?: number;
}

/** By what latents are guided, when, and how far they move. */
export interface PogGuidance extends PogCallOptions {
  /** Guides by the feature path; `readPerception` reads it. Give this or `detector`. */
  readonly perception?: Perception;
  /**
   * The strength, 0..1, where neither `strength` nor a call says one and the detector has a label for every object of the
   * batch; no guidance where it lacks one. Needs a detector that `knows` phrases.
   */
  readonly recommended?: number;
  /** Weights of the feature path's loss. */
  readonly loss?: PerceptionLossOptions;
  /** Guides by the image path. */
  readonly detector?: GuidingDetector;
  /** Gets the losses before each move. */
  readonly onMove?: (event: GuidanceEvent) => void;
}

/** Options of `pog`. */
export interface PogOptions {
  /** Off by default. */
  readonly guidance?: PogGuidance;
  /** Off by default. */
  readonly training?: PogTrainingSettings;
}

/**
 * Position-Guided Learning (SpatialLock, arXiv 2511.04112), at inference and in training.
 *
 * @example
 * ```ts
 * import type { GuidingDetector, Plugin } from '@spatiallock/core';
 * import { pog } from '@spatiallock/pog';
 * import { poi } from '@spatiallock/poi';
 *
 * export const guided = (detector: GuidingDetector): Plugin[] => [poi(), pog({ guidance: { detector, strength: 0.03 } })];
 * ```
 */
export function pog(options: PogOptions = {}): Plugin<PogCallOptions> {
  checkKeys(options, ['guidance', 'training'], 'pog');
  const { guidance, training } = options;
  if (!guidance && !training) return { name: 'pog', pluginVersion: PLUGIN_VERSION };
  const guide = guidance === undefined ? undefined : guideOf(guidance);
  return {
    name: 'pog',
    pluginVersion: PLUGIN_VERSION,
    // Networks that PoG only reads: the decoder and the detector.
    frozen: (name) => name.startsWith(`${FROZEN_SCOPE}.`),
    ...guide?.plugin,
    ...(training ? trainingOf(training) : {}),
    params: { ...guide?.path.params, ...(training?.image ? supervisorParams(training.image) : {}) },
    network: (context) =>
      mergedPart(guide?.path.network(context), training && trainingGraphOf(training, context)),
  };
}

function mergedPart(guide?: NetworkPart, training?: NetworkPart): NetworkPart {
  const readers = [guide?.hooks, training?.hooks];
  return {
    ...guide,
    ...training,
    hooks: {
      features: (map, site) => {
        for (const hooks of readers) hooks?.features?.(map, site);
      },
      attentionProbs: (probs, site) => {
        for (const hooks of readers) hooks?.attentionProbs?.(probs, site);
      },
    },
  };
}

function guideOf(guidance: PogGuidance) {
  checkKeys(guidance, GUIDANCE_OPTIONS, 'pog.guidance');
  checkLossOptions(guidance.loss);
  const path = guidance.perception
    ? featureGuide(guidance.perception, guidance.loss)
    : guidance.detector && imageGuide(guidance.detector);
  if (!path || (guidance.perception && guidance.detector)) {
    throw new Error('pog.guidance: needs either perception (see readPerception) or detector');
  }
  const { strength, until, repeats, stop, recommended } = guidance;
  if (recommended !== undefined) checkNumber(recommended, { min: 0, max: 1 }, 'pog.guidance.recommended');
  const settings = { ...defaultGuidance, ...given({ strength, until, repeats, stop }) };
  checkSettings(settings, 'pog.guidance');
  const plugin: Pick<Plugin<PogCallOptions>, 'groundsObjects' | 'parseOptions' | 'guidance'> = {
    groundsObjects: true,
    parseOptions: (options, place) => parseCallOptions(options, settings, place),
    guidance: planOf(guidance, settings, path),
  };
  return { path, plugin };
}

const GUIDANCE_OPTIONS = [
  ...['perception', 'loss', 'detector', 'strength', 'recommended', 'until', 'repeats', 'stop', 'onMove'],
];
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
  network(context: NetworkContext): NetworkPart;
  tensors(layouts: readonly Layout[]): Tensors;
}

type Numbers = Required<PogCallOptions>;

/** Without the options that are undefined. */
const given = (options: PogCallOptions): PogCallOptions =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));

const CALL_OPTIONS = ['strength', 'until', 'repeats', 'stop'];

function parseCallOptions(options: unknown = {}, settings: Numbers, path: string): PogCallOptions {
  const own = given(checkKeys(options, CALL_OPTIONS, path));
  checkSettings({ ...settings, ...own }, path);
  return own;
}

function checkSettings({ strength, until, repeats, stop }: Numbers, path: string): void {
  checkNumber(strength, { min: 0, max: 1 }, `${path}.strength`);
  checkNumber(until, { min: 0, max: 1 }, `${path}.until`);
  checkWhole(repeats, { min: 1, max: 100 }, `${path}.repeats`);
  checkNumber(stop, { min: -1e6, max: 1e6 }, `${path}.stop`);
}

function planOf(guidance: PogGuidance, settings: Numbers, path: GuidePath): Guidance<PogCallOptions> {
  const { onMove } = guidance;
  checkCallback(onMove, 'pog.guidance.onMove');
  return {
    settings: (options, layouts) => ({ ...settings, ...recommendedStrength(guidance, layouts), ...options }),
    feed: path.tensors,
    ...(onMove ? { onMove } : {}),
  };
}

/** What is recommended for these layouts; nothing where a strength is given, or none is recommended. */
function recommendedStrength(
  { strength, recommended, detector }: PogGuidance,
  layouts: readonly Layout[],
): PogCallOptions {
  if (strength !== undefined || recommended === undefined) return {};
  const objects = layouts.flatMap((layout) => layout.objects);
  const isKnown = objects.length > 0 && objects.every(({ phrase }) => detector?.knows?.(phrase) === true);
  return { strength: isKnown ? recommended : 0 };
}

function featureGuide({ config, weights }: Perception, options?: PerceptionLossOptions): GuidePath {
  return {
    params: weights,
    network({ scope, batch, objects }) {
      const { hooks, read } = captureActivations(config.stages);
      const inputs = boxInputs(batch, MAX_OBJECTS);
      const guidance: GuidancePart = {
        inputs,
        loss() {
          const first = (name: string) => sliceAxis(inputs[name]!, 1, 0, objects);
          const targets = { boxes: first(pogInputs.boxes), masks: first(pogInputs.masks) };
          const output = perception(scope, read(), objects, config);
          return perceptionLoss(output, targets, undefined, options).perPicture;
        },
      };
      return { hooks, guidance };
    },
    tensors: (layouts) => boxTensors(layouts.map(boxesOf), MAX_OBJECTS),
  };
}

function imageGuide(detector: GuidingDetector): GuidePath {
  return {
    params: frozenParams('detector', detector.weights),
    network({ scope, batch }) {
      const targets = detector.inputs(batch);
      const { graph, imageSize } = detector;
      const guidance: GuidancePart = {
        inputs: targets,
        loss: ({ denoised, decode }) =>
          detectorLoss(scope, decode(denoised), { detector: graph, targets, imageSize }),
      };
      return { guidance };
    },
    tensors: (layouts) => detector.targets(layouts),
  };
}
