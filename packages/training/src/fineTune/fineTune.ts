// Fine-tunes a model directory on a user's own boxes.

import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import {
  adamw,
  type Backend,
  cosineRate,
  initialise,
  type JsonObject,
  type LoadedModel,
  loadModel,
  noiseSchedule,
  objectSlots,
  readComponentConfig,
  readModelIndex,
  type Tensors,
  type UNetSizes,
} from '@spatiallock/core';
import { directory, isDirectory, trainStage, writeFileAtomically } from '@spatiallock/node';
import { defaultPerceptionConfig } from '@spatiallock/pog';
import { poi } from '@spatiallock/poi';
import { latentEncoder } from '../encoder.js';
import { type PogSettings, unetObjective } from '../objective.js';
import type { TrainingPicture } from '../pictures.js';
import { type TextTable, textTable } from '../texts.js';
import { type Learning, learns, type UNetStageOptions, unetStage } from '../unetStage.js';
import { captionOf, type Dataset, type DatasetOptions, readDataset } from './dataset.js';
import { requireOwnFolder, TRAINING_FOLDER, writeFineTuned, writeSettings } from './outFolder.js';
import { validation } from './validation.js';
import { middleViews, type PictureEncoder, pictureEncoder, randomViews } from './viewPictures.js';
import { middleView, type ViewOptions } from './views.js';

export interface FineTuneSettings {
  /** Default 1000. */
  readonly steps: number;
  /** Pictures in a step. Default 4. */
  readonly batch: number;
  /** Peak of the learning rate. Default 1e-4. */
  readonly rate: number;
  /** Trains the whole U-Net instead of PoI's parameters alone. Default false. */
  readonly unet: boolean;
  /** PoG's feature path beside the diffusion loss. Default none. */
  readonly pog?: 'feature';
  /** Smallest side of an object's box in a view, in fractions of it. Default 0.04. */
  readonly minBox: number;
  /** Default true. */
  readonly flip: boolean;
  /** Share of the pictures kept for validation. Default 0.1. */
  readonly validation: number;
  readonly seed: number;
  /** Steps between two saves of the state and looks at the validation loss. Default 100. */
  readonly saveEvery: number;
}

export const defaultFineTuneSettings: FineTuneSettings = {
  steps: 1000,
  batch: 4,
  rate: 1e-4,
  unet: false,
  minBox: 0.04,
  flip: true,
  validation: 0.1,
  seed: 0,
  saveEvery: 100,
};

/** What the training is doing now. */
export interface FineTuneProgress {
  readonly task: 'training' | 'writing';
  readonly done: number;
  readonly steps: number;
  /** The last step's; absent before the first. */
  readonly loss?: number;
}

export interface FineTuneOptions
  extends Partial<FineTuneSettings>,
    Pick<DatasetOptions, 'pictures' | 'captions'> {
  readonly backend: Backend;
  /** The folder of the pictures. */
  readonly images: string;
  /** A model directory in diffusers' layout. */
  readonly base: string;
  /** A new folder, or that of the same training, which is then resumed. */
  readonly out: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: FineTuneProgress) => void;
}

export interface FineTuneReport {
  readonly settings: FineTuneSettings;
  readonly pictures: {
    readonly training: number;
    readonly validation: number;
    readonly withoutBoxes: number;
  };
  /** Numbers that learnt. */
  readonly trainableParameters: number;
  /** By steps done, from 0; empty without pictures to validate on. */
  readonly validationLoss: Readonly<Record<string, number>>;
}

export interface FineTuning {
  readonly dataset: Dataset;
  /** What the pictures that are kept from training show, seen as the model sees them. */
  readonly validationScenes: readonly Pick<TrainingPicture, 'caption' | 'objects'>[];
  /** The base model's own name, where its spatiallock.json gives one. */
  readonly baseName?: string;
  /** Whether it goes on from a state in `out`. */
  readonly resumes: boolean;
  /** Trains to the end and writes the model; aborting keeps the state. */
  run(): Promise<FineTuneReport>;
}

/** The most validation pictures whose loss is measured. */
const VALIDATED = 64;

/**
 * Reads and checks everything, and writes nothing: base model, pictures, words, output folder. Rejects with an error
 * that names what is wrong and the mend.
 */
export async function prepareFineTune(options: FineTuneOptions): Promise<FineTuning> {
  const settings = settingsOf(options);
  checkSettings(settings);
  const { base, out, images, pictures, captions, signal } = options;
  if (!(await isDirectory(base))) throw new Error(`base: there is no folder ${base}; give a model directory`);
  if (!(await isDirectory(images)))
    throw new Error(`images: there is no folder ${images}; give the one that holds the pictures`);
  if (resolve(base) === resolve(out)) throw new Error('out: is the base model; choose a new folder');
  const model = await loadModel(directory(base), [poi()]);
  const { validation: share, seed } = settings;
  const data = { pictures, captions, folder: images, words: model.words, validation: share, seed, signal };
  const dataset = await readDataset(data);
  const recorded = { ...settings, base: resolve(base), data: fingerprint(dataset) };
  const resumes = await requireOwnFolder(out, recorded);
  return {
    dataset,
    validationScenes: scenesOf(dataset, viewOf(settings, model)),
    resumes,
    ...(model.name === undefined ? {} : { baseName: model.name }),
    async run() {
      await writeSettings(out, recorded);
      return train(options, settings, model, dataset);
    },
  };
}

/** Fine-tunes and writes the model directory `out`; see `prepareFineTune` for what is refused before. */
export async function fineTune(options: FineTuneOptions): Promise<FineTuneReport> {
  return (await prepareFineTune(options)).run();
}

function settingsOf(options: FineTuneOptions): FineTuneSettings {
  const given = Object.keys(defaultFineTuneSettings).flatMap((key) => {
    const value = options[key as keyof FineTuneSettings];
    return value === undefined ? [] : [[key, value] as const];
  });
  const { pog } = options;
  return { ...defaultFineTuneSettings, ...Object.fromEntries(given), ...(pog ? { pog } : {}) };
}

function checkSettings(settings: FineTuneSettings): void {
  for (const name of ['steps', 'batch', 'saveEvery'] as const) {
    const value = settings[name];
    if (!(Number.isInteger(value) && value >= 1))
      throw new Error(`${name}: must be a whole number of at least 1, not ${value}`);
  }
  if (!(settings.rate > 0)) throw new Error(`rate: must be a number above 0, not ${settings.rate}`);
  for (const name of ['validation', 'minBox'] as const) {
    const value = settings[name];
    if (!(value >= 0 && value < 1)) throw new Error(`${name}: must lie in 0..1, 1 excluded, not ${value}`);
  }
}

/** Tells whether two trainings see the same pictures and boxes. */
function fingerprint({ training, validation: held }: Dataset): string {
  return createHash('sha256')
    .update(JSON.stringify([training, held]))
    .digest('hex')
    .slice(0, 16);
}

async function train(
  options: FineTuneOptions,
  settings: FineTuneSettings,
  model: LoadedModel,
  dataset: Dataset,
): Promise<FineTuneReport> {
  const { backend, base, out, signal = new AbortController().signal, onProgress } = options;
  const parts = await openParts(options, settings, model, dataset);
  try {
    const stage = stageOf(settings, model, dataset, parts);
    const { steps, saveEvery } = settings;
    const losses = await readLosses(out);
    const check = dataset.validation.length > 0 ? await checkOf(backend, stage, dataset, parts) : undefined;
    const note = async (weights: Tensors, done: number): Promise<void> => {
      // The state is saved by the clock too: how fast a machine is shall not decide what is measured.
      const due = done % saveEvery === 0 || done === steps;
      if (!check || !due || losses[done] !== undefined) return;
      losses[done] = await check.measure(weights);
      await writeLosses(out, losses);
    };
    await note(stage.start, 0);
    onProgress?.({ task: 'training', done: 0, steps });
    const weights = await trainStage(
      { ...unetStage(stage), saveEvery, onSave: note },
      {
        backend,
        folder: out,
        signal,
        onStep: ({ done, values }) => onProgress?.({ task: 'training', done, steps, loss: values.loss }),
      },
    );
    onProgress?.({ task: 'writing', done: steps, steps });
    const perceptionConfig = settings.pog ? defaultPerceptionConfig : undefined;
    await writeFineTuned({ base, out, unetConfig: model.unet.config, weights, perceptionConfig });
    const { training, validation: held, withoutBoxes } = dataset;
    return {
      settings,
      pictures: { training: training.length, validation: held.length, withoutBoxes },
      trainableParameters: countTrainable(weights, stage.learning),
      validationLoss: losses,
    };
  } finally {
    await parts.texts.dispose();
    await parts.encoder.dispose();
  }
}

interface Parts {
  readonly texts: TextTable;
  readonly encoder: PictureEncoder;
  readonly view: ViewOptions;
  readonly sizes: UNetSizes;
}

/** Sides of latents that diffusers takes where sample_size is null. */
const STANDARD_SIDE = 64;

async function openParts(
  { backend, base }: FineTuneOptions,
  settings: FineTuneSettings,
  model: LoadedModel,
  dataset: Dataset,
): Promise<Parts> {
  const { vae, textEncoder, tokenizer } = model;
  const { batch } = settings;
  const files = directory(base);
  const vaeClass = (await readModelIndex(files)).components.vae!.className;
  const [height, width] = latentSides(model);
  const view = viewOf(settings, model);
  const { size } = view;
  const encode = latentEncoder(vaeClass, await readComponentConfig(files, 'vae'));
  return {
    texts: await textTable({
      backend,
      tokenizer,
      config: textEncoder.config,
      weights: textEncoder.params,
      batch,
    }),
    encoder: await pictureEncoder({ backend, encoder: encode, weights: vae.params, size, batch }),
    view,
    sizes: { batch, height, width, tokens: tokenizer.maxLength, objects: slotsOf(dataset) },
  };
}

function latentSides({ unet: { config } }: LoadedModel): readonly [number, number] {
  const side = config.sample_size ?? STANDARD_SIDE;
  return typeof side === 'number' ? [side, side] : side;
}

function viewOf({ minBox, flip }: FineTuneSettings, model: LoadedModel): ViewOptions {
  const [height, width] = latentSides(model);
  const { factor } = model.vae.decoder;
  return { size: { width: width * factor, height: height * factor }, minBox, flip };
}

function scenesOf({ validation: held }: Dataset, view: ViewOptions): FineTuning['validationScenes'] {
  const seen = held.map((picture) => ({ picture, ...middleView(picture, view) }));
  return seen
    .filter(({ objects }) => objects.length > 0)
    .map(({ picture, objects }) => ({ caption: picture.caption ?? captionOf(objects), objects }));
}

/** Slots that PoG compares and injection reads: enough for every picture. */
function slotsOf({ training, validation: held }: Dataset): number {
  return objectSlots(Math.max(...[...training, ...held].map(({ objects }) => objects.length)));
}

type Stage = UNetStageOptions & { readonly start: Tensors; readonly learning: Learning };

function stageOf(
  settings: FineTuneSettings,
  model: LoadedModel,
  dataset: Dataset,
  { texts, encoder, view, sizes }: Parts,
): Stage {
  const { steps, rate, seed } = settings;
  const { config, params } = model.unet;
  const held = (name: string): boolean => Object.hasOwn(params, name);
  // A base without any grounding gets ours; one with grounding keeps its own kind.
  const injection = held('injection.1.object.weight') || !held('position_net.null_positive_feature');
  const plugins = [poi({ injection })];
  const pog: PogSettings | undefined =
    settings.pog === 'feature' ? { feature: { config: defaultPerceptionConfig } } : undefined;
  const objective = { config, plugins, sizes, pog };
  const { predictionType } = noiseSchedule(model.schedulerConfig);
  const fresh = initialise(unetObjective({ ...objective, predictionType }).params, seed);
  return {
    ...objective,
    name: TRAINING_FOLDER,
    schedulerConfig: model.schedulerConfig,
    texts,
    pictures: randomViews(dataset.training, encoder, view),
    learning: settings.unet ? 'all' : 'plugins',
    start: { ...fresh, ...params },
    steps,
    seed,
    optimiser: adamw(),
    learningRate: cosineRate({ peak: rate, warmup: Math.min(100, Math.ceil(steps / 10)), steps }),
    ema: 0.99,
  };
}

function checkOf(backend: Backend, stage: Stage, { validation: held }: Dataset, { encoder, view }: Parts) {
  const { batch } = stage.sizes;
  return validation({
    ...stage,
    backend,
    schedule: noiseSchedule(stage.schedulerConfig),
    pictures: middleViews(held, encoder, view),
    batches: Math.ceil(Math.min(held.length, VALIDATED) / batch),
  });
}

function countTrainable(weights: Tensors, learning: Learning): number {
  const counts = Object.entries(weights).map(([name, { data }]) =>
    learns(name, learning) ? data.length : 0,
  );
  return counts.reduce((a, b) => a + b, 0);
}

const lossesPath = (out: string): string => join(out, TRAINING_FOLDER, 'validation.json');

async function readLosses(out: string): Promise<Record<string, number>> {
  const bytes = await directory(join(out, TRAINING_FOLDER)).read('validation.json');
  return bytes ? (JSON.parse(new TextDecoder().decode(bytes)) as Record<string, number>) : {};
}

const writeLosses = (out: string, losses: JsonObject): Promise<void> =>
  writeFileAtomically(lossesPath(out), `${JSON.stringify(losses, null, 2)}\n`);
