// What a U-Net with plugins learns from: noisy latents in, the loss of its prediction out, as one graph.

import {
  add,
  combineHooks,
  input,
  type LatentDecoder,
  mean,
  multiply,
  type Plugin,
  type PredictionType,
  parameterStore,
  sliceAxis,
  subtract,
  type Tensors,
  type UNet2dConditionConfig,
  type UNetSizes,
  unet2dCondition,
  type Value,
  type Values,
} from '@spatiallock/core';
import {
  cleanLatents,
  type FeaturePathOptions,
  frozenParams,
  type GuidingDetector,
  pogTraining,
} from '@spatiallock/pog';
import type { DrawStates, PictureObject } from './pictures.js';

/** A detector that supervises: its graph and weights, and how it is told what ought to be in a picture. */
export interface Supervisor extends Omit<GuidingDetector, 'targets'> {
  /** The numbers for `inputs`; the objects of each picture. */
  targets(pictures: readonly (readonly PictureObject[])[]): Tensors;
}

export interface ImageSettings {
  readonly supervisor: Supervisor;
  readonly decoder: Pick<LatentDecoder, 'decode'>;
  /** The autoencoder's parameters; what the decoder does not ask for is left out. */
  readonly vae: Tensors;
  /** Pictures of a batch that are decoded and looked at in each step. Default 4. */
  readonly pictures?: number;
  /** Share of the detector's loss, without unit. Default 0.01. */
  readonly lambda?: number;
  /** The noisiest timestep at which a picture is looked at. Default 200. */
  readonly noisiest?: number;
  /**
   * States of the model's own sampling that are looked at before any pictures: the first rows of the batch, which the
   * diffusion loss leaves out. None by default.
   */
  readonly sampled?: { readonly count: number; readonly states: DrawStates };
}

/** Position-Guided Learning beside the diffusion loss: either path or both. */
export interface PogSettings {
  readonly feature?: FeaturePathOptions;
  readonly image?: ImageSettings;
}

export interface ObjectiveOptions {
  readonly config: UNet2dConditionConfig;
  readonly predictionType: PredictionType;
  readonly sizes: UNetSizes;
  /** They hook into the U-Net as they do in a pipeline. */
  readonly plugins: readonly Plugin[];
  /** Whether the checkpoint holds a parameter of that name; default always, as in training from scratch. */
  readonly has?: (name: string) => boolean;
  readonly pog?: PogSettings;
}

export interface Objective {
  readonly inputs: Values;
  readonly params: Values;
  /** A scalar: the diffusion loss, PoG's added. */
  readonly loss: Value;
  /** Scalars to watch: `mse`, without any weights, and PoG's. */
  readonly outputs: Values;
  /** The numbers of the networks that PoG only reads; they must not learn. */
  readonly frozen: Tensors;
}

/** Names of the graph's own inputs; plugins and PoG add theirs. */
export const objectiveInputs = {
  clean: 'clean',
  noise: 'noise',
  signalLevel: 'signalLevel',
  noiseLevel: 'noiseLevel',
  weight: 'weight',
  cellWeight: 'cellWeight',
  timestep: 'timestep',
  text: 'text',
} as const;

/** How many pictures the image path looks at. */
export const lookedAt = ({ pictures = 4 }: ImageSettings): number => pictures;

/**
 * Mean of weight * cellWeight * (output - target)^2 over noised latents signal * clean + noise * epsilon, for each
 * prediction type of diffusers; plus PoG's losses. Feed it by `noisyBatches`. Parameters are named as in checkpoints.
 */
export function unetObjective(options: ObjectiveOptions): Objective {
  const { config, predictionType, sizes, plugins, has = () => true } = options;
  const { batch, height, width, tokens, objects } = sizes;
  const { scope, params } = parameterStore();
  const own = ownInputs(config, batch, height, width, tokens);
  const context = { scope, config, batch, height, width, objects, has };
  const parts = plugins.flatMap((plugin) => plugin.unet?.(context) ?? []);
  const pog = options.pog && pogPart(options.pog, sizes);
  const sample = add(multiply(own.clean, own.signalLevel), multiply(own.noise, own.noiseLevel));
  const given = { sample, timestep: own.timestep, encoderHiddenStates: own.text };
  const hooks = [...parts.map((part) => part.hooks), ...(pog ? [pog.hooks] : [])];
  const output = unet2dCondition(scope, config, given, combineHooks(hooks));
  const levels = { signal: own.signalLevel, noise: own.noiseLevel };
  const added = pog?.loss({
    scope,
    denoised: cleanLatents(predictionType, { sample, output, ...levels }),
    alphaBar: multiply(own.signalLevel, own.signalLevel),
  });
  const error = subtract(output, targetOf(predictionType, own));
  const noised = (x: Value): Value => sliceAxis(x, 0, sampledRows(options), batch);
  const square = noised(multiply(error, error));
  const diffusion = mean(multiply(multiply(square, noised(own.weight)), noised(own.cellWeight)));
  return {
    inputs: Object.assign({}, own, ...parts.map((part) => part.inputs), added?.inputs),
    params,
    loss: added ? add(diffusion, added.loss) : diffusion,
    outputs: { mse: mean(square), ...added?.outputs },
    frozen: options.pog?.image ? frozenOf(options.pog.image, params) : {},
  };
}

function sampledRows({ pog, sizes: { batch } }: ObjectiveOptions): number {
  const count = pog?.image?.sampled?.count ?? 0;
  if (count >= 0 && count < batch) return count;
  throw new Error(`pog.image.sampled.count: ${count} must leave a picture in a batch of ${batch}`);
}

type OwnInputs = Readonly<Record<keyof typeof objectiveInputs, Value>>;

function ownInputs(
  config: UNet2dConditionConfig,
  batch: number,
  height: number,
  width: number,
  tokens: number,
): OwnInputs {
  const latents = [batch, config.in_channels, height, width];
  const column = (name: string): Value => input(name, [batch, 1, 1, 1]);
  return {
    clean: input(objectiveInputs.clean, latents),
    noise: input(objectiveInputs.noise, latents),
    signalLevel: column(objectiveInputs.signalLevel),
    noiseLevel: column(objectiveInputs.noiseLevel),
    weight: column(objectiveInputs.weight),
    cellWeight: input(objectiveInputs.cellWeight, [batch, 1, height, width]),
    timestep: input(objectiveInputs.timestep, [batch]),
    text: input(objectiveInputs.text, [batch, tokens, config.cross_attention_dim]),
  };
}

function targetOf(type: PredictionType, { clean, noise, signalLevel, noiseLevel }: OwnInputs): Value {
  if (type === 'epsilon') return noise;
  if (type === 'sample') return clean;
  return subtract(multiply(noise, signalLevel), multiply(clean, noiseLevel));
}

function pogPart({ feature, image }: PogSettings, { batch, objects }: UNetSizes) {
  return pogTraining({
    batch,
    objects,
    feature: feature ?? false,
    ...(image ? { image: lookOf(image) } : {}),
  });
}

function lookOf(image: ImageSettings) {
  const { supervisor, decoder, lambda } = image;
  const pictures = lookedAt(image);
  return {
    detector: supervisor.graph,
    targets: supervisor.inputs(pictures),
    imageSize: supervisor.imageSize,
    decode: decoder.decode,
    pictures,
    lambda,
  };
}

/** Of both networks' parameters those that the graph asks for. */
function frozenOf({ vae, supervisor }: ImageSettings, params: Values): Tensors {
  const all = { ...frozenParams('vae', vae), ...frozenParams('detector', supervisor.weights) };
  return Object.fromEntries(Object.entries(all).filter(([name]) => Object.hasOwn(params, name)));
}
