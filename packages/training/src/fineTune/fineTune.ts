// Fine-tunes a model directory on a user's own boxes.

import { checkPlugins, type FileSource, type Tensors } from '@spatiallock/core';
import {
  ADAPTER_FILE,
  adaptedFiles,
  baseHash,
  formatAdapter,
  type ModelChanges,
  newWords,
} from '@spatiallock/core/adapters';
import { checkKeys, messageOf } from '@spatiallock/core/checks';
import { type LoadedModel, loadModel } from '@spatiallock/core/pipeline';
import { directory, isDirectory, type ModelSource, modelSource } from '@spatiallock/node';
import { adapterOf } from '../adapterOf.js';
import { categoriesOf } from '../categories.js';
import { checkRehearsed } from '../given.js';
import { trainStage } from '../trainStage.js';
import { unetStage } from '../unetStage.js';
import { BAD_PICTURES, badPicturesText, readBadPictures } from './badPictures.js';
import { captionOf, labelsOf, textsOf } from './captions.js';
import { type Dataset, readDataset } from './dataset.js';
import { countTrainable, fineTuneStage, validationOf } from './fineTuneStage.js';
import { longTextWarnings } from './longTexts.js';
import {
  checkOptions,
  type FineTuneOptions,
  type FineTuneReport,
  type FineTuning,
  OPTIONS,
} from './options.js';
import { openOutFolder, requireApart, requireFolderPlace, requireOwnFolder } from './outFolder.js';
import { closeParts, inLowMemory, openParts, viewOf } from './parts.js';
import { pictureFaults } from './pictureFaults.js';
import { recordedOf } from './recorded.js';
import { rehearsalPictures } from './rehearsalFile.js';
import { requireLearning, requireTrainable } from './requireLearning.js';
import { checkSeen } from './seenBoxes.js';
import { type FineTuneSettings, fineTuneSettings } from './settings.js';
import { readLosses, writeLosses } from './validationLosses.js';
import { middleView, type ViewOptions } from './views.js';
import { writeFineTuned } from './writeModel.js';

/**
 * Reads and checks everything, and writes nothing: base model, pictures, words, output folder. Rejects with an error
 * that names what is wrong and how to fix it; what is wrong with the data is listed as a whole.
 */
export async function prepareFineTune(options: FineTuneOptions): Promise<FineTuning> {
  checkKeys(options, OPTIONS, 'options');
  const settings = fineTuneSettings(options);
  const { base, out, images, plugins, signal, onProgress, onWarning } = options;
  checkPlugins(plugins);
  checkOptions(options);
  if (!(await isDirectory(images)))
    throw new Error(`images: there is no folder ${images}; give the one that holds the pictures`);
  await requireFolderPlace(out, 'out');
  const source = await modelSource(base, { ...options.source, ...(signal ? { signal } : {}) }).catch(
    (cause: unknown) => {
      throw new Error(`base: ${messageOf(cause)}`, { cause });
    },
  );
  await requireApart(out, source.places[0]!);
  const bare = await loadModel(source.files, plugins);
  requireTrainable(bare);
  requireLearning(settings, plugins, bare);
  const recorded = recordedOf(options, settings, source, bare);
  const resumes = await requireOwnFolder(out, recorded);
  const settled = resumes ? await readBadPictures(out) : undefined;
  const dataset = await readDataset({
    ...options,
    folder: images,
    words: bare.words,
    newWords: settings.newWords,
    validation: settings.validation,
    seed: settings.seed,
    // What began once was decoded once; a picture that was damaged since is skipped while training.
    decode: !resumes || (settled === undefined && options.skipBad === true),
    ...(settled === undefined ? {} : { badPictures: settled }),
    onProgress: (done, count) => onProgress?.({ task: 'checking', done, steps: count }),
  });
  const changes = settings.newWords ? await wordsOf(dataset, source.files, settings.seed) : undefined;
  const model = changes ? await loadModel(adaptedFiles(source.files, changes), plugins) : bare;
  checkRehearsed(options.rehearse ?? [], model.words);
  for (const warning of longTextWarnings(dataset, model.tokenizer)) onWarning?.(warning);
  const unseen = checkSeen(dataset, viewOf(settings, model), changes?.growth?.words);
  if (unseen !== undefined) onWarning?.(unseen);
  return {
    dataset,
    validationScenes: scenesOf(dataset, viewOf(settings, model)),
    resumes,
    newWords: changes?.growth?.words ?? [],
    ...(model.name === undefined ? {} : { baseName: model.name }),
    async run(listeners) {
      const beside = { [BAD_PICTURES]: badPicturesText(dataset.badPictures) };
      const unlock = await openOutFolder(out, recorded, beside);
      try {
        return await train({ ...options, ...listeners }, settings, { model, source, changes }, dataset);
      } finally {
        await unlock();
      }
    },
  };
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

/** What the base must gain to say what its pictures show; those that are left out teach no words. */
function wordsOf(
  { training, validation }: Dataset,
  base: FileSource,
  seed: number,
): Promise<ModelChanges | undefined> {
  const shown = { pictures: [...training, ...validation] };
  return newWords(base, { texts: textsOf(shown), names: labelsOf(shown), seed }).catch((cause: unknown) => {
    throw new Error(`words: ${messageOf(cause)}`, { cause });
  });
}

/** The base with its new words. */
interface Grown {
  readonly model: LoadedModel;
  readonly source: ModelSource;
  readonly changes: ModelChanges | undefined;
}

async function train(
  options: FineTuneOptions,
  settings: FineTuneSettings,
  { model, source, changes }: Grown,
  dataset: Dataset,
): Promise<FineTuneReport> {
  const {
    backend,
    plugins,
    declare = [],
    rehearse = [],
    out,
    memoryBudget,
    signal = new AbortController().signal,
    onProgress,
    onWarning,
  } = options;
  // Before anything is learnt: to read the base may fail.
  const hash = options.save === 'adapter' ? await baseHash(source.files) : undefined;
  const sparing = memoryBudget === undefined ? backend : inLowMemory(backend);
  const parts = await openParts(sparing, settings, model, dataset, rehearse);
  const faults = {
    training: pictureFaults(dataset.training.length, onWarning),
    validation: pictureFaults(dataset.validation.length, onWarning),
  };
  try {
    const old = await rehearsalPictures(out, {
      ...{ backend, model, plugins, seed: settings.seed, signal },
      layouts: settings.rehearsal > 0 ? rehearse : [],
      onProgress: (done) => onProgress?.({ task: 'rehearsing', done, steps: rehearse.length }),
    });
    const stage = fineTuneStage(settings, plugins, model, dataset, parts, faults.training, old);
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
    const declared = { plugins: declare, categories: categoriesOf(dataset.training) };
    if (hash !== undefined) {
      const { learning } = stage;
      const trained = {
        hash,
        name: model.name,
        changes,
        weights,
        learning,
        plugins,
        declare: declared,
      };
      await directory(out).write(ADAPTER_FILE, formatAdapter(adapterOf(trained)));
    } else {
      await writeFineTuned({ base: source, changes, out, weights, plugins, declare: declared });
    }
    const { training, validation: held, withoutBoxes, bad } = dataset;
    const skipped = faults.training.count + faults.validation.count;
    return {
      settings,
      plugins: plugins.map(({ name }) => name),
      pictures: { training: training.length, validation: held.length, withoutBoxes, bad, skipped },
      newWords: changes?.growth?.words ?? [],
      trainableParameters: countTrainable(weights, stage.learning, plugins),
      validationLoss: losses,
    };
  } finally {
    await closeParts(parts);
  }
}
