// The U-Net's graph with its plugins, and guided predictions from it.

import { concat } from '../graph/layout.js';
import { type Shape, sizeOf, type Tensor, type Tensors, tensor } from '../graph/tensor.js';
import { topological } from '../graph/traverse.js';
import { type Graph, input, type Value, type Values } from '../graph/value.js';
import { guidanceEmbedding } from '../models/blocks/timestep.js';
import { mostShallowLayers, type UNetCut, unetWithCut } from '../models/unet2dCondition.js';
import {
  conditionChannels,
  latentChannels,
  type UNet2dConditionConfig,
} from '../models/unet2dConditionConfig.js';
import { parameterStore, type Scope } from '../nn/scope.js';
import type { NetworkContext } from '../plugin/network.js';
import { hooksOf, inputsOf, networkParts } from '../plugin/parts.js';
import type { Plugin } from '../plugin/plugin.js';
import type { CallProgress } from '../plugin/progress.js';
import type { Predict } from '../plugin/sampling.js';
import { guided, rescaled } from './classifierFreeGuidance.js';
import { DEEP, type UNetPart, type UNetRunner } from './deepCache.js';
import { MAX_OBJECTS } from './layout.js';

/** Sizes that a graph of the U-Net is made for. */
export interface UNetSizes {
  /** Rows of a batch: pictures, twice as many with guidance. */
  readonly batch: number;
  /** Sides of the latents. */
  readonly height: number;
  readonly width: number;
  /** Tokens of a prompt, in all its chunks. */
  readonly tokens: number;
  /** The most objects of a picture, see `objectSlots`. */
  readonly objects: number;
}

/** Numbers of objects are rounded up to these, so that few graphs serve all layouts. */
const SLOTS = [2, 4, 8, 16, MAX_OBJECTS] as const;

/** Slots of a graph for so many objects: the next of 2, 4, 8, 16 and `MAX_OBJECTS`, so that few graphs are compiled. */
export function objectSlots(objects: number): number {
  return SLOTS.find((slots) => slots >= objects) ?? MAX_OBJECTS;
}

/** Names of the U-Net's own inputs and its output. */
export const [SAMPLE, TIMESTEP, TEXT, OUTPUT] = ['sample', 'timestep', 'text', 'output'];
const GUIDANCE = 'guidanceEmbedding';
/** What U-Nets that inpaint read beside the latents. */
export const INPAINTING = 'inpainting';

/** The inputs that differ in each call of the U-Net; the others stay the same for all or most of the calls of a picture. */
export const callInputs = [SAMPLE, TIMESTEP, GUIDANCE, DEEP] as const;

/** All that decides a graph of the U-Net. */
export interface UNetSpec {
  readonly config: UNet2dConditionConfig;
  readonly plugins: readonly Plugin[];
  readonly sizes: UNetSizes;
  /** Tells plugins which parameters the checkpoint holds. */
  has(name: string): boolean;
  /** Where it is cut for deep feature caching. */
  readonly cut?: UNetCut;
}

/** The U-Net's own inputs, and what plugins know of the graph that is built on them. */
export function networkContext(
  scope: Scope,
  { config, sizes, has }: Omit<UNetSpec, 'plugins'>,
  networkInput: (sample: Value) => Value = (sample) => sample,
): { readonly context: NetworkContext; readonly sample: Value; readonly inpainting?: Value } {
  const { batch, height, width, tokens } = sizes;
  const sample = input(SAMPLE, [batch, latentChannels(config), height, width]);
  const more = conditionChannels(config);
  const inpainting = more > 0 ? input(INPAINTING, [batch, more, height, width]) : undefined;
  const latents = networkInput(sample);
  const context = {
    ...sizes,
    scope,
    config,
    has,
    sample: inpainting ? concat([latents, inpainting], 1) : latents,
    timestep: input(TIMESTEP, [batch]),
    text: input(TEXT, [batch, tokens, config.cross_attention_dim]),
  };
  return { context, sample, ...(inpainting ? { inpainting } : {}) };
}

/** The U-Net with its plugins as values; the network is given `networkInput(sample)`. */
export function unetValues(scope: Scope, spec: UNetSpec, networkInput?: (sample: Value) => Value) {
  const { config, plugins, sizes, cut } = spec;
  const { context, sample, inpainting } = networkContext(scope, spec, networkInput);
  const { timestep, text } = context;
  const parts = networkParts(plugins, context);
  const guidance =
    config.time_cond_proj_dim === null
      ? undefined
      : input(GUIDANCE, [sizes.batch, config.time_cond_proj_dim]);
  const given = {
    sample: context.sample,
    timestep,
    encoderHiddenStates: text,
    ...(guidance ? { timestepCondition: guidance } : {}),
  };
  const { output, deep } = unetWithCut(scope, config, given, hooksOf(parts), cut);
  const inputs: Values = {
    ...inputsOf(parts),
    [SAMPLE]: sample,
    [TIMESTEP]: timestep,
    [TEXT]: text,
    ...(guidance ? { [GUIDANCE]: guidance } : {}),
    ...(inpainting ? { [INPAINTING]: inpainting } : {}),
  };
  return { inputs, parts, sample, timestep, output, deep };
}

/**
 * The graph of the U-Net for `sample` [batch, C, height, width], `timestep` [batch], `text` [batch, tokens, D]
 * and what plugins add. `has` tells plugins which parameters the checkpoint holds.
 */
export function unetGraph(
  config: UNet2dConditionConfig,
  plugins: readonly Plugin[],
  sizes: UNetSizes,
  has: (name: string) => boolean,
): Graph {
  const store = parameterStore();
  const { inputs, output } = unetValues(store.scope, { config, plugins, sizes, has });
  return { inputs, params: store.params, outputs: { [OUTPUT]: output } };
}

/**
 * As `unetGraph`: the whole, which also gives `deep`, the map at the cut, or the shallow layers, which take it. Throws where the last
 * up block has fewer layers.
 */
export function unetPartGraph(spec: Omit<UNetSpec, 'cut'>, { part, layers }: UNetPart): Graph {
  const most = mostShallowLayers(spec.config);
  if (layers > most) {
    throw new Error(`deepCache.layers: the last up block of this U-Net has ${most} layers, not ${layers}`);
  }
  const whole = parameterStore();
  const { inputs, output, deep } = unetValues(whole.scope, { ...spec, cut: { layers } });
  if (part === 'whole') return { inputs, params: whole.params, outputs: { [OUTPUT]: output, [DEEP]: deep } };
  const shallow = parameterStore();
  const given = input(DEEP, deep.shape);
  const values = unetValues(shallow.scope, { ...spec, cut: { layers, deep: given } });
  return {
    inputs: readBy(values.output, { ...values.inputs, [DEEP]: given }),
    params: shallow.params,
    outputs: { [OUTPUT]: values.output },
  };
}

/** Those inputs that a value depends on. */
function readBy(value: Value, inputs: Values): Values {
  const read = new Set(topological([value]));
  return Object.fromEntries(Object.entries(inputs).filter(([, each]) => read.has(each)));
}

/** Options of `guidedPrediction`. */
export interface PredictionOptions {
  /** Runs the U-Net: its executable, or what also looks at the number of the call. */
  readonly executable: UNetRunner;
  /** Shape of the latents of all pictures: [pictures, C, h, w]. */
  readonly shape: Shape;
  /** [pictures, T, D]; with guidance [2 * pictures, T, D], unconditional rows first. */
  readonly text: Tensor;
  /** The plugins' inputs for each call, with as many rows as `text`. */
  readonly pluginInputs: (progress: CallProgress) => Tensors;
  /** A call whose scale is at most 1 takes the conditional prediction alone. */
  readonly guidanceScale: number | ((progress: CallProgress) => number);
  /** The share, 0..1, by which guided predictions get the contrast of the conditional ones; default 0. */
  readonly guidanceRescale?: number;
}

/**
 * The guidance scale of each call as networks with distilled guidance take it (`time_cond_proj_dim`), for each
 * of `rows`; nothing for other networks. At most 1 is the conditional prediction alone.
 */
export function guidanceInputs(
  { time_cond_proj_dim: width }: UNet2dConditionConfig,
  rows: number,
  scaleAt: (progress: CallProgress) => number,
): (progress: CallProgress) => Tensors {
  if (width === null) return () => ({});
  return (progress) => {
    const scales = new Array<number>(rows).fill(Math.max(1, scaleAt(progress)));
    return { [GUIDANCE]: guidanceEmbedding(scales, width) };
  };
}

/** What U-Nets that inpaint are given beside the latents, for as many rows; nothing for other networks. */
export function inpaintingInputs(condition: Tensor | undefined, rows: number): Tensors {
  if (!condition) return {};
  const { data, shape } = condition;
  const [pictures, ...rest] = shape;
  const both = pictures === rows ? data : twice(data as Float32Array);
  return { [INPAINTING]: tensor(both, [rows, ...rest]) };
}

/** Classifier-free guidance in one batch. */
export function guidedPrediction(options: PredictionOptions): Predict {
  const { executable, shape, text, pluginInputs, guidanceScale, guidanceRescale = 0 } = options;
  const [pictures, ...rest] = shape;
  const batch = text.shape[0];
  return async (sample, timestep, progress) => {
    const inputs = {
      ...pluginInputs(progress),
      [SAMPLE]: tensor(batch === pictures ? sample : twice(sample), [batch, ...rest]),
      [TIMESTEP]: tensor(new Float32Array(batch).fill(timestep), [batch]),
      [TEXT]: text,
    };
    const outputs = await executable.run(inputs, progress);
    const output = outputs[OUTPUT].data as Float32Array;
    if (batch === pictures) return output;
    const scale = typeof guidanceScale === 'number' ? guidanceScale : guidanceScale(progress);
    if (scale <= 1) return output.slice(sizeOf(shape));
    const result = guided(output, scale);
    if (guidanceRescale === 0) return result;
    return rescaled(result, output.subarray(sizeOf(shape)), pictures, guidanceRescale);
  };
}

function twice(sample: Float32Array): Float32Array {
  const both = new Float32Array(2 * sample.length);
  both.set(sample);
  both.set(sample, sample.length);
  return both;
}
