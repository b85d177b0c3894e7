// Fine-tunes a model directory on a user's own boxes.

import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { type Backend, checkPlugins, messageOf, type Plugin, type Tensors } from '@spatiallock/core';
import { checkKeys, showValue } from '@spatiallock/core/checks';
import { conditionChannels } from '@spatiallock/core/models';
import type { DeclaredModule } from '@spatiallock/core/modules';
import { type LoadedModel, loadModel } from '@spatiallock/core/pipeline';
import type { ReadOptions } from '@spatiallock/data';
import { isDirectory, type ModelSource, type ModelSourceOptions, modelSource } from '@spatiallock/node';
import type { TrainingPicture } from '../pictures.js';
import { trainStage } from '../trainStage.js';
import { unetStage } from '../unetStage.js';
import { captionOf, type Dataset, type DatasetOptions, readDataset } from './dataset.js';
import { countTrainable, fineTuneStage, validationOf } from './fineTuneStage.js';
import { longTextWarnings } from './longTexts.js';
import { openOutFolder, requireOwnFolder } from './outFolder.js';
import { openParts, viewOf } from './parts.js';
import { pictureFaults } from './pictureFaults.js';
import { defaultFineTuneSettings, type FineTuneSettings, fineTuneSettings } from './settings.js';
import { readLosses, writeLosses } from './validationLosses.js';
import { middleView, type ViewOptions } from './views.js';
import { writeFineTuned } from './writeModel.js';

/** What the training is doing now. */
export interface FineTuneProgress {
  readonly task: 'checking' | 'training' | 'writing';
  /** Steps of the training; pictures while they are checked. */
  readonly done: number;
  readonly steps: number;
  /** The last step's; absent before the first. */
  readonly loss?: number;
}

/** Options of `fineTune`. */
export interface FineTuneOptions
  extends Partial<FineTuneSettings>,
    Pick<DatasetOptions, 'pictures' | 'captions' | 'issues' | keyof ReadOptions> {
  readonly backend: Backend;
  /** Their parameters learn, and their losses are added. */
  readonly plugins: readonly Plugin[];
  /** How the model declares them in its spatiallock.json, beside those of the base. Default: as the base. */
  readonly declare?: readonly DeclaredModule[];
  /** The folder of the pictures. */
  readonly images: string;
  /** What `modelSource` of `@spatiallock/node` opens: a model directory, a single file, an id of the hub. */
  readonly base: string;
  /** What is laid over the base, and how it is downloaded. */
  readonly source?: Omit<ModelSourceOptions, 'signal'>;
  /** A new folder, or that of the same training, which is then resumed. */
  readonly out: string;
  /**
   * The most bytes that a step's computed values may take at one time, beside the weights: activations are computed again to
   * keep to it. Changes no number that is learnt, and may differ between two runs of a training. Default: none are.
   */
  readonly memoryBudget?: number;
  readonly signal?: AbortSignal;
  /** Called after each picture that was checked and after each training step. */
  readonly onProgress?: (progress: FineTuneProgress) => void;
  /** Called before training for captions and phrases that are cut, and while training for pictures that are skipped because they cannot be read. */
  readonly onWarning?: (message: string) => void;
}

/** What `fineTune` did and measured; report.json holds it. */
export interface FineTuneReport {
  readonly settings: FineTuneSettings;
  /** Names of the plugins, in their order. */
  readonly plugins: readonly string[];
  readonly pictures: {
    readonly training: number;
    readonly validation: number;
    readonly withoutBoxes: number;
    /** Left out by `skipBad`. */
    readonly bad: number;
    /** Could not be read while training. */
    readonly skipped: number;
  };
  /** Numbers that learnt. */
  readonly trainableParameters: number;
  /** By steps done, from 0; empty without pictures to validate on. */
  readonly validationLoss: Readonly<Record<string, number>>;
}

/** A fine-tuning that is prepared: checked, and not begun. */
export interface FineTuning {
  readonly dataset: Dataset;
  /** What the pictures that are kept from training show, seen as the model sees them. */
  readonly validationScenes: readonly Pick<TrainingPicture, 'caption' | 'objects'>[];
  /** The base model's own name, where its spatiallock.json gives one. */
  readonly baseName?: string;
  /** Whether it goes on from a state in `out`. */
  readonly resumes: boolean;
  /** Trains to the end and writes the model; aborting keeps the state. Listeners stand in for those of the options. */
  run(listeners?: Pick<FineTuneOptions, 'onProgress' | 'onWarning'>): Promise<FineTuneReport>;
}

const OPTIONS = [
  ...Object.keys(defaultFineTuneSettings),
  ...['pictures', 'captions', 'issues', 'onIssue', 'skipBad', 'strict'],
  ...['backend', 'plugins', 'declare', 'images', 'base', 'source', 'out', 'memoryBudget'],
  ...['signal', 'onProgress', 'onWarning'],
];

/**
 * Reads and checks everything, and writes nothing: base model, pictures, words, output folder. Rejects with an error
 * that names what is wrong and how to fix it; what is wrong with the data is listed as a whole.
 */
export async function prepareFineTune(options: FineTuneOptions): Promise<FineTuning> {
  checkKeys(options, OPTIONS, 'options');
  const settings = fineTuneSettings(options);
  const { base, out, images, plugins, signal, onProgress, onWarning } = options;
  checkPlugins(plugins);
  checkBudget(options.memoryBudget);
  if (!(await isDirectory(images)))
    throw new Error(`images: there is no folder ${images}; give the one that holds the pictures`);
  if (resolve(base) === resolve(out)) throw new Error('out: is the base model; choose a new folder');
  const source = await modelSource(base, { ...options.source, ...(signal ? { signal } : {}) }).catch(
    (cause: unknown) => {
      throw new Error(`base: ${messageOf(cause)}`, { cause });
    },
  );
  const model = await loadModel(source.files, plugins);
  requireTrainable(model);
  const recorded = {
    ...settings,
    plugins: plugins.map(({ name }) => name),
    base: source.remote ? base : resolve(base),
    ...(source.places.length > 1 ? { over: source.places.slice(1) } : {}),
    data: fingerprint(options),
  };
  const resumes = await requireOwnFolder(out, recorded);
  const dataset = await readDataset({
    ...options,
    folder: images,
    words: model.words,
    validation: settings.validation,
    seed: settings.seed,
    // What began once was decoded once; a picture that was damaged since is skipped while training.
    decode: !resumes,
    onProgress: (done, count) => onProgress?.({ task: 'checking', done, steps: count }),
  });
  for (const warning of longTextWarnings(dataset, model.tokenizer)) onWarning?.(warning);
  return {
    dataset,
    validationScenes: scenesOf(dataset, viewOf(settings, model)),
    resumes,
    ...(model.name === undefined ? {} : { baseName: model.name }),
    async run(listeners) {
      const unlock = await openOutFolder(out, recorded);
      try {
        return await train({ ...options, ...listeners }, settings, { model, source }, dataset);
      } finally {
        await unlock();
      }
    },
  };
}

function checkBudget(budget: unknown): void {
  if (budget === undefined || (typeof budget === 'number' && budget > 0)) return;
  throw new Error(`memoryBudget: must be a number of bytes above 0, not ${showValue(budget)}`);
}

/** Training pairs are pictures and noise; a U-Net that inpaints would also need masks. */
function requireTrainable({ unet }: LoadedModel): void {
  if (conditionChannels(unet.config) === 0) return;
  throw new Error(
    `base: its U-Net inpaints (in_channels ${unet.config.in_channels}), and such are not trained here; give one that paints from noise`,
  );
}

/**
 * Fine-tunes and writes the model directory `out`; see `prepareFineTune` for what is refused before.
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { cpu } from '@spatiallock/backend-onnx';
 * import type { Plugin } from '@spatiallock/core';
 * import { readCoco } from '@spatiallock/data';
 * import { fineTune } from '@spatiallock/training';
 *
 * declare const learning: Plugin;
 * const report = await fineTune({
 *   ...{ backend: cpu(), plugins: [learning], base: 'my-model', out: 'my-fine-tuned-model', steps: 1000 },
 *   ...{ images: 'photos', pictures: readCoco(await readFile('instances.json', 'utf8')) },
 * });
 * console.log(report.validationLoss);
 * ```
 */
export async function fineTune(options: FineTuneOptions): Promise<FineTuneReport> {
  return (await prepareFineTune(options)).run();
}

function scenesOf({ validation: held }: Dataset, view: ViewOptions): FineTuning['validationScenes'] {
  const seen = held.map((picture) => ({ picture, ...middleView(picture, view) }));
  return seen
    .filter(({ objects }) => objects.length > 0)
    .map(({ picture, objects }) => ({ caption: picture.caption ?? captionOf(objects), objects }));
}

/** Tells whether two trainings are given the same pictures and boxes, whatever is missing of them today. */
function fingerprint({ pictures, captions = new Map(), images }: FineTuneOptions): string {
  return createHash('sha256')
    .update(JSON.stringify([resolve(images), pictures, [...captions]]))
    .digest('hex')
    .slice(0, 16);
}

async function train(
  options: FineTuneOptions,
  settings: FineTuneSettings,
  { model, source }: { readonly model: LoadedModel; readonly source: ModelSource },
  dataset: Dataset,
): Promise<FineTuneReport> {
  const {
    backend,
    plugins,
    declare = [],
    out,
    memoryBudget,
    signal = new AbortController().signal,
    onProgress,
    onWarning,
  } = options;
  const parts = await openParts(options.backend, settings, model, dataset);
  const faults = {
    training: pictureFaults(dataset.training.length, onWarning),
    validation: pictureFaults(dataset.validation.length, onWarning),
  };
  try {
    const stage = fineTuneStage(settings, plugins, model, dataset, parts, faults.training);
    const { steps, saveEvery } = settings;
    const losses = await readLosses(out);
    const check =
      dataset.validation.length > 0
        ? await validationOf(backend, stage, dataset, parts, faults.validation)
        : undefined;
    const note = async (weights: Tensors, done: number): Promise<void> => {
      // The state is saved by the clock too, so that the machine's speed does not decide what is measured.
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
        locked: true,
        signal,
        ...(memoryBudget === undefined ? {} : { memoryBudget }),
        onStep: ({ done, values }) => onProgress?.({ task: 'training', done, steps, loss: values.loss }),
      },
    );
    onProgress?.({ task: 'writing', done: steps, steps });
    await writeFineTuned({ base: source, out, weights, plugins, declare });
    const { training, validation: held, withoutBoxes, bad } = dataset;
    const skipped = faults.training.count + faults.validation.count;
    return {
      settings,
      plugins: plugins.map(({ name }) => name),
      pictures: { training: training.length, validation: held.length, withoutBoxes, bad, skipped },
      trainableParameters: countTrainable(weights, stage.learning, plugins),
      validationLoss: losses,
    };
  } finally {
    await parts.texts.dispose();
    await parts.encoder.dispose();
  }
}
