// What a U-Net with plugins learns from: noisy latents in, the loss of its prediction out, as one graph.

import {
  add,
  checkPlugins,
  constant,
  hooksOf,
  input,
  inputsOf,
  isFrozen,
  mean,
  multiply,
  networkParts,
  type Plugin,
  parameterStore,
  sliceAxis,
  subtract,
  type Tensors,
  type TrainingState,
  type Value,
  type Values,
  withPluginParams,
} from '@spatiallock/core';
import { checkNumber, checkObject } from '@spatiallock/core/checks';
import { guidanceEmbedding, type UNet2dConditionConfig, unet2dCondition } from '@spatiallock/core/models';
import type { UNetSizes } from '@spatiallock/core/pipeline';
import type { PredictionType } from '@spatiallock/core/schedulers';
import { predictionTarget, x0Prediction } from '@spatiallock/core/train';
import type { SampledStates } from './pictures.js';

/** Options of `unetObjective`. */
export interface ObjectiveOptions {
  readonly config: UNet2dConditionConfig;
  readonly predictionType: PredictionType;
  readonly sizes: UNetSizes;
  /** They hook into the U-Net as they do in a pipeline. */
  readonly plugins: readonly Plugin[];
  /** Whether the checkpoint holds a parameter of that name; default always, as in training from scratch. */
  readonly has?: (name: string) => boolean;
  /**
   * Where guidance is distilled into the network (`time_cond_proj_dim`): the scale that it learns at, at least 1, best the one that it
   * will paint with. Default: it learns without guidance. Other networks do not read it.
   */
  readonly guidanceScale?: number;
  /** States of the model's own sampling beside the pictures; none by default. */
  readonly sampled?: SampledStates;
}

/** The graph of a training objective: inputs, parameters, the loss and scalars to watch. */
export interface Objective {
  readonly inputs: Values;
  readonly params: Values;
  /** A scalar: the diffusion loss, those of plugins added. */
  readonly loss: Value;
  /** Scalars to watch: `mse`, without any weights, and those of plugins. */
  readonly outputs: Values;
  /** The numbers of the parameters that plugins bring and keep frozen. */
  readonly frozen: Tensors;
}

/** Names of the graph's own inputs; plugins add theirs. */
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

/**
 * Mean of weight * cellWeight * (output - target)^2 over noised latents signal * clean + noise * epsilon, for each
 * prediction type of diffusers; plus the losses of plugins. Feed it by `noisyBatches`. Parameters are named as in
 * checkpoints.
 */
export function unetObjective(options: ObjectiveOptions): Objective {
  checkObject(checkObject(options, 'options').config, 'options.config');
  checkObject(options.sizes, 'options.sizes');
  checkPlugins(options.plugins, 'options.plugins');
  const { config, predictionType, sizes, plugins, has = () => true } = options;
  const { batch, height, width, tokens } = sizes;
  const { scope, params } = parameterStore();
  const own = ownInputs(config, batch, height, width, tokens);
  const { timestep, text } = own;
  const sample = add(multiply(own.clean, own.signalLevel), multiply(own.noise, own.noiseLevel));
  const parts = networkParts(plugins, { ...sizes, scope, config, sample, timestep, text, has });
  const given = { sample, timestep, encoderHiddenStates: text, ...guidanceOf(options) };
  const output = unet2dCondition(scope, config, given, hooksOf(parts));
  const levels = { signal: own.signalLevel, noise: own.noiseLevel };
  const added = addedLosses(parts, {
    sample,
    timestep,
    output,
    denoised: x0Prediction(predictionType, { sample, output, ...levels }),
    alphaCumprod: multiply(own.signalLevel, own.signalLevel),
  });
  const error = subtract(output, predictionTarget(predictionType, own));
  const noised = (x: Value): Value => sliceAxis(x, 0, sampledRows(options), batch);
  const square = noised(multiply(error, error));
  const diffusion = mean(multiply(multiply(square, noised(own.weight)), noised(own.cellWeight)));
  return {
    inputs: { ...own, ...inputsOf(parts), ...added.inputs },
    params,
    loss: added.losses.reduce((total, loss) => add(total, loss), diffusion),
    outputs: { mse: mean(square), ...added.outputs },
    frozen: frozenOf(plugins, params),
  };
}

/** What a network with distilled guidance is given beside the latents. */
function guidanceOf({ config, guidanceScale, sizes: { batch } }: ObjectiveOptions) {
  const { time_cond_proj_dim: width } = config;
  if (width === null || guidanceScale === undefined) return {};
  checkNumber(guidanceScale, { min: 1, max: 1000 }, 'options.guidanceScale');
  const scales = new Array<number>(batch).fill(guidanceScale);
  return { timestepCondition: constant(guidanceEmbedding(scales, width)) };
}

/** What plugins add to the loss, in their order. Throws, naming the plugin, where its loss is no scalar. */
function addedLosses(parts: ReturnType<typeof networkParts>, state: TrainingState) {
  const losses: Value[] = [];
  const [inputs, outputs]: [Record<string, Value>, Record<string, Value>] = [{}, {}];
  for (const [{ name }, { training }] of parts) {
    if (!training) continue;
    const added = training.loss(state);
    const { shape } = added.loss;
    if (shape.length > 0) {
      throw new Error(`plugin ${name}: its loss in training must be a scalar, not [${shape.join(', ')}]`);
    }
    losses.push(added.loss);
    Object.assign(inputs, training.inputs);
    Object.assign(outputs, added.outputs);
  }
  return { losses, inputs, outputs };
}

function sampledRows({ sampled, sizes: { batch } }: ObjectiveOptions): number {
  const { count } = sampled ?? { count: 0 };
  if (count >= 0 && count < batch) return count;
  throw new Error(`sampled.count: ${count} must leave a picture in a batch of ${batch}`);
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

/** Of the parameters that plugins bring those that the graph asks for and that do not learn. */
function frozenOf(plugins: readonly Plugin[], params: Values): Tensors {
  const brought = withPluginParams({}, plugins);
  const names = Object.keys(params).filter((name) => Object.hasOwn(brought, name) && isFrozen(plugins, name));
  return Object.fromEntries(names.map((name) => [name, brought[name]!]));
}
