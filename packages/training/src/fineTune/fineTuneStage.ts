// The training stage of a fine-tuning, and the measurement on the pictures kept from it.

import { type Backend, type Plugin, sizeOf, type Tensors } from '@spatiallock/core';
import type { LoadedModel } from '@spatiallock/core/pipeline';
import { noiseSchedule } from '@spatiallock/core/schedulers';
import type { TrainingPicture } from '../pictures.js';
import { withRehearsal } from '../rehearsal.js';
import { type Learning, learns } from '../unetStage.js';
import type { Dataset } from './dataset.js';
import { TRAINING_FOLDER } from './outFolder.js';
import type { Parts } from './parts.js';
import type { PictureFaults } from './pictureFaults.js';
import type { FineTuneSettings } from './settings.js';
import { type TuningStage, tuningStage } from './tuningStage.js';
import { validation } from './validation.js';
import { middleViews, randomViews } from './viewPictures.js';

/** The most validation pictures whose loss is measured. */
const VALIDATED = 64;

export type FineTuneStage = TuningStage;

export function fineTuneStage(
  settings: FineTuneSettings,
  plugins: readonly Plugin[],
  model: LoadedModel,
  dataset: Dataset,
  { texts, encoder, view, sizes }: Parts,
  faults: PictureFaults,
  old: readonly TrainingPicture[],
): FineTuneStage {
  const fresh = randomViews({ pictures: dataset.training, encoder, view, faults });
  const pictures = old.length > 0 ? withRehearsal(fresh, old, settings.rehearsal) : fresh;
  return tuningStage(settings, { name: TRAINING_FOLDER, plugins, model, texts, sizes, pictures });
}

export function validationOf(
  backend: Backend,
  stage: FineTuneStage,
  { validation: held }: Dataset,
  { encoder, view }: Parts,
  faults: PictureFaults,
) {
  const { batch } = stage.sizes;
  return validation({
    ...stage,
    backend,
    schedule: noiseSchedule(stage.schedulerConfig),
    pictures: middleViews({ pictures: held, encoder, view, faults }),
    batches: Math.ceil(Math.min(held.length, VALIDATED) / batch),
  });
}

export function countTrainable(weights: Tensors, learning: Learning, plugins: readonly Plugin[]): number {
  const counts = Object.entries(weights).map(([name, { shape }]) =>
    learns(name, learning, plugins) ? sizeOf(shape) : 0,
  );
  return counts.reduce((a, b) => a + b, 0);
}
