// The numbers that a training step of the U-Net is fed: pictures noised, captions and objects dropped now and then.

import {
  type CallContext,
  type Plugin,
  sizeOf,
  stepFeed,
  type Tensor,
  type Tensors,
  tensor,
} from '@spatiallock/core';
import { checkObject } from '@spatiallock/core/checks';
import { type Random, randomStream } from '@spatiallock/core/nn';
import { phraseTokens } from '@spatiallock/core/pipeline';
import type { NoiseSchedule } from '@spatiallock/core/schedulers';
import { MIN_SNR, type NoisedRow, noisedRow, stratified } from './noising.js';
import { type ObjectiveOptions, objectiveInputs } from './objective.js';
import { objectWeights } from './objectWeights.js';
import type { DrawPictures, SampledState, TrainingPicture } from './pictures.js';
import type { TextTable } from './texts.js';

/** Condition dropout: the shares of pictures trained without caption and objects, without caption, without objects. */
export interface ConditionDropout {
  readonly both: number;
  readonly caption: number;
  readonly objects: number;
}

/** Our choice: guidance needs `both`, captions and boxes must work alone. */
export const defaultConditionDropout: ConditionDropout = { both: 0.1, caption: 0.05, objects: 0.05 };
/** No condition is dropped. */
export const noConditionDropout: ConditionDropout = { both: 0, caption: 0, objects: 0 };

/** What batches of training are made of. */
export interface BatchOptions extends Omit<ObjectiveOptions, 'predictionType'> {
  readonly schedule: NoiseSchedule;
  readonly texts: TextTable;
  readonly pictures: DrawPictures;
  readonly conditionDropout?: ConditionDropout;
  /** Cap of the signal-to-noise ratio in the weights; default 5. */
  readonly minSnr?: number;
  /** Whether cells inside of boxes count more, see `objectWeights`; default true. */
  readonly objectFocus?: boolean;
  /** Decides, with the step, all that is random. */
  readonly seed: number;
}

interface Row extends NoisedRow {
  readonly picture: TrainingPicture;
  /** What the U-Net is given. */
  readonly caption: string;
  readonly objects: TrainingPicture['objects'];
}

/** Steps of one seed draw from streams of their own; the next seed's begin behind 2^32 steps. */
const streamOf = (seed: number, step: number): Random => randomStream(seed, step);

/** What plugins draw from: no stream of `streamOf`. */
const pluginStreamOf = (seed: number, step: number): Random => randomStream(-1 - seed, -1 - step);

/** Feeds for `unetObjective` of the same options; the step alone decides them where the pictures do so too. */
export function noisyBatches(options: BatchOptions): (step: number) => Promise<Tensors> {
  checkObject(checkObject(options, 'options').config, 'options.config');
  checkObject(options.sizes, 'options.sizes');
  const { config, sizes } = options;
  const { batch, height, width } = sizes;
  const shape = [batch, config.in_channels, height, width];
  return async (step) => {
    const rng = streamOf(options.seed, step);
    const sampled = sampledRows(rng, options);
    const drawn = await options.pictures(batch - sampled.length, rng);
    const rows = [
      ...sampled,
      ...drawn.map((picture, row) => rowOf(picture, row, drawn.length, rng, options)),
    ];
    const noise = Float32Array.from({ length: sizeOf(shape) }, () => rng.normal());
    noise.fill(0, 0, (noise.length / batch) * sampled.length);
    return {
      [objectiveInputs.clean]: stacked(
        rows.map(({ picture }) => picture.latents),
        shape,
      ),
      [objectiveInputs.noise]: tensor(noise, shape),
      ...levels(rows),
      [objectiveInputs.cellWeight]: cellWeights(rows, options),
      [objectiveInputs.text]: await options.texts.captions(rows.map(({ caption }) => caption)),
      ...(await pluginInputs(rows, options, step)),
    };
  };
}

/** States of sampling come first: plugins that take a few rows take the first. */
function sampledRows(rng: Random, { sampled, schedule }: BatchOptions): Row[] {
  return (sampled?.states(sampled.count, rng) ?? []).map((state) => stateRow(state, schedule));
}

/** The objective adds no noise to it, and multiplies it by its signal level as it does with clean latents. */
function stateRow({ timestep, latents, ...picture }: SampledState, schedule: NoiseSchedule): Row {
  const level = noisedRow(schedule, timestep);
  const clean = latents.map((value) => value / level.signal);
  return { ...level, ...picture, picture: { ...picture, latents: clean } };
}

function rowOf(
  picture: TrainingPicture,
  row: number,
  count: number,
  rng: Random,
  options: BatchOptions,
): Row {
  const { conditionDropout: dropping = defaultConditionDropout, schedule, minSnr = MIN_SNR } = options;
  const drop = rng.uniform();
  const noBoth = drop < dropping.both;
  const noCaption = noBoth || drop < dropping.both + dropping.caption;
  const noObjects = noBoth || drop > 1 - dropping.objects;
  const timestep = stratified(row, count, rng.uniform(), schedule.numTrainTimesteps);
  return {
    ...noisedRow(schedule, timestep, minSnr),
    picture,
    caption: noCaption ? '' : picture.caption,
    objects: noObjects ? [] : picture.objects,
  };
}

function levels(rows: readonly Row[]): Tensors {
  const column = (key: 'signal' | 'noise' | 'weight') =>
    tensor(
      rows.map((row) => row[key]),
      [rows.length, 1, 1, 1],
    );
  return {
    [objectiveInputs.signalLevel]: column('signal'),
    [objectiveInputs.noiseLevel]: column('noise'),
    [objectiveInputs.weight]: column('weight'),
    [objectiveInputs.timestep]: tensor(
      rows.map(({ timestep }) => timestep),
      [rows.length],
    ),
  };
}

function stacked(parts: readonly Float32Array[], shape: readonly number[]): Tensor {
  const data = new Float32Array(sizeOf(shape));
  parts.forEach((part, row) => {
    data.set(part, row * part.length);
  });
  return tensor(data, shape);
}

/** Where objects stand, whether or not the U-Net is given them. */
function cellWeights(
  rows: readonly Row[],
  { sizes: { height, width }, objectFocus = true }: BatchOptions,
): Tensor {
  const weights = rows.map(({ picture }) =>
    objectWeights(objectFocus ? picture.objects.map(({ box }) => box) : [], height, width),
  );
  return stacked(weights, [rows.length, 1, height, width]);
}

/** As a pipeline would feed the plugins before its first call, and what their losses are fed. */
async function pluginInputs(rows: readonly Row[], options: BatchOptions, step: number): Promise<Tensors> {
  const { plugins, schedule, sizes, seed } = options;
  const given = rows.map(({ caption, objects }) => ({
    prompt: caption,
    conditional: true,
    layout: { prompt: caption, objects },
  }));
  const trained = rows.map(({ timestep, objects }, row) => ({
    timestep,
    layout: given[row]!.layout,
    labels: objects.map(({ label }) => label),
  }));
  const rng = pluginStreamOf(seed, step);
  const fed: Tensors[] = [];
  for (const plugin of plugins) {
    const context = contextFor(plugin, options);
    const feed = await stepFeed(plugin, given, context);
    fed.push(feed({ stepIndex: 0, calls: schedule.numTrainTimesteps }));
    const losses = await plugin.training?.feed?.(trained, {
      ...context,
      objects: sizes.objects,
      random: rng,
    });
    if (losses) fed.push(losses);
  }
  return Object.assign({}, ...fed);
}

function contextFor(plugin: Plugin, { config, sizes, texts, has = () => true }: BatchOptions): CallContext {
  const { height, width, tokens } = sizes;
  const { tokenizer } = texts;
  return {
    config,
    height,
    width,
    has,
    options: plugin.parseOptions?.(undefined, `plugins.${plugin.name}`),
    tokenizer,
    tokens,
    encodePhrases: texts.phrases,
    encodeTokens: texts.captions,
    phraseTokens: (prompt, phrase) => phraseTokens(tokenizer, prompt, phrase),
  };
}
