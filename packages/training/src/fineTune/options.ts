// What a fine-tuning is given, and what it tells.

import type { Backend, Layout, Plugin } from '@spatiallock/core';
import { showValue } from '@spatiallock/core/checks';
import type { DeclaredModule } from '@spatiallock/core/modules';
import type { ReadOptions } from '@spatiallock/data';
import type { ModelSourceOptions } from '@spatiallock/node';
import { checkCaptions, checkNamedPictures, checkRehearsal, checkSignal } from '../given.js';
import type { TrainingPicture } from '../pictures.js';
import type { Dataset, DatasetOptions } from './dataset.js';
import { defaultFineTuneSettings, type FineTuneSettings } from './settings.js';

/** What the training is doing now. */
export interface FineTuneProgress {
  readonly task: 'checking' | 'rehearsing' | 'training' | 'writing';
  /** Steps of the training; pictures while they are checked, and while those to rehearse are painted. */
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
  /**
   * What the base can paint already and must not forget: it paints a picture of each layout before it learns, and these are
   * `rehearsal` of the pictures of the steps. Default: none.
   */
  readonly rehearse?: readonly Layout[];
  /** A new folder outside of the base, or that of the same training, which is then resumed. */
  readonly out: string;
  /**
   * `model`: a whole model directory. `adapter`: what learnt alone, as `out/adapter.safetensors`, for `fromPretrained` of
   * `@spatiallock/node` and the command to lay over the base; refused where `source` lays another adapter or embeddings over it.
   * Default `model`.
   */
  readonly save?: 'model' | 'adapter';
  /**
   * The most bytes that a step's computed values may take at one time, beside the weights: activations are computed again to
   * keep to it. Changes no number that is learnt, and may differ between two runs of a training. Default: none are.
   */
  readonly memoryBudget?: number;
  readonly signal?: AbortSignal;
  /** Called after each picture that was checked or painted, and after each training step. */
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
  /** Words that the base did not know. */
  readonly newWords: readonly string[];
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
  /** Words that the base does not know, and that are learnt. */
  readonly newWords: readonly string[];
  /** The base model's own name, where its spatiallock.json gives one. */
  readonly baseName?: string;
  /** Whether it goes on from a state in `out`. */
  readonly resumes: boolean;
  /** Trains to the end and writes the model; aborting keeps the state. Listeners stand in for those of the options. */
  run(listeners?: Pick<FineTuneOptions, 'onProgress' | 'onWarning'>): Promise<FineTuneReport>;
}

/** The names of all options. */
export const OPTIONS = [
  ...Object.keys(defaultFineTuneSettings),
  ...['pictures', 'captions', 'issues', 'onIssue', 'skipBad', 'strict'],
  ...[
    'backend',
    'plugins',
    'declare',
    'images',
    'base',
    'source',
    'memoryBudget',
    'rehearse',
    'out',
    'save',
    'signal',
    'onProgress',
    'onWarning',
  ],
];

const PLACES = {
  base: 'a model directory, a file or an id of the hub',
  images: 'the folder that holds the pictures',
  out: 'a new folder',
} as const;

/** Throws where a place is no text or an empty one, at boxes and texts that cannot be, and where what is saved or its memory is none that is known. */
export function checkOptions(options: FineTuneOptions): void {
  for (const [name, kind] of Object.entries(PLACES)) {
    const given: unknown = options[name as keyof typeof PLACES];
    if (typeof given !== 'string' || given === '')
      throw new Error(`${name}: must be ${kind}, not ${showValue(given)}`);
  }
  checkNamedPictures(options.pictures, 'pictures');
  checkCaptions(options.captions, 'captions');
  checkRehearsal(options.rehearse ?? [], 'rehearse');
  checkSave(options);
  checkBudget(options.memoryBudget);
  checkSignal(options.signal, 'signal');
}

function checkSave({ save, source }: Partial<Pick<FineTuneOptions, 'save' | 'source'>>): void {
  if (save === 'adapter' && source?.adapter !== undefined) {
    throw new Error(
      "source.adapter: lies over the base, and an adapter over another cannot be opened; save the 'model'",
    );
  }
  if (save === 'adapter' && source?.embeddings !== undefined && source.embeddings.length > 0) {
    throw new Error(
      "source.embeddings: bring words to the base, and an adapter of such a base cannot be opened; save the 'model', or leave them out",
    );
  }
  if (save === undefined || save === 'model' || save === 'adapter') return;
  throw new Error(`save: must be 'model' or 'adapter', not ${showValue(save)}`);
}

function checkBudget(budget: unknown): void {
  if (budget === undefined || (typeof budget === 'number' && budget > 0)) return;
  throw new Error(`memoryBudget: must be a number of bytes above 0, not ${showValue(budget)}`);
}
