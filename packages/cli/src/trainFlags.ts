// The flags of `spatiallock train`.

import { OPTIMISERS } from '@spatiallock/training';
import type { ArgsDef } from 'citty';
import { detectorArgs } from './detectors.js';
import { choice, type Flags, number, wholeNumber } from './flags.js';
import { modelArgs } from './modelFlags.js';
import { pluginArgs } from './plugins/known.js';
import { MAX_SEED, sharedArgs } from './request.js';

const { model: _, ...others } = modelArgs;
/** Flags of what is laid over the base. */
export const laidOver = others;

export const trainArgs = {
  data: { type: 'string', valueHint: 'coco.json', description: 'boxes in COCO format' },
  images: {
    type: 'string',
    valueHint: 'dir',
    description: 'the folder that file_name in the boxes starts from',
  },
  base: {
    type: 'string',
    valueHint: 'dir|file|owner/name',
    description:
      "the model to start from: a folder in diffusers' layout, a .safetensors file, or an id of the hub; default: the embedded one",
  },
  out: {
    type: 'string',
    valueHint: 'dir',
    description: 'a new folder for the model; the same one again resumes',
  },
  save: {
    type: 'string',
    valueHint: 'model|adapter',
    description: 'a whole model, or only what learnt, for --adapter; default model',
  },
  captions: {
    type: 'string',
    valueHint: 'captions.json',
    description: "file_name to caption, or COCO's captions; default: made from categories",
  },
  'no-new-words': {
    type: 'boolean',
    description: 'refuse words that the base never learnt, instead of learning them',
  },
  rehearse: {
    type: 'string',
    valueHint: '192|layouts.json',
    description:
      'what the base paints first, and learns again beside the new: so many layouts of its classes, or a file; default: 192 where words are new',
  },
  rehearsal: {
    type: 'string',
    valueHint: '0.5',
    description: 'share of the pictures of all steps that is rehearsed, 0..0.9; default 0.5',
  },
  unet: { type: 'boolean', description: 'train the whole U-Net, not its plugins alone' },
  ...pluginArgs,
  ...detectorArgs,
  steps: { type: 'string', valueHint: '1000', description: 'training steps; default 1000' },
  batch: { type: 'string', valueHint: '4', description: 'pictures in a step, 1..256; default 4' },
  rate: { type: 'string', valueHint: '1e-4', description: 'peak of the learning rate; default 1e-4' },
  optimiser: {
    type: 'string',
    valueHint: OPTIMISERS.join('|'),
    description: 'how a step follows the gradients; muon suits long runs with --unet; default adamw',
  },
  seed: { type: 'string', valueHint: '0', description: 'whole number; the same seed trains the same model' },
  'min-box': {
    type: 'string',
    valueHint: '0.04',
    description: 'smallest side of a box in the cropped picture, 0..1; default 0.04',
  },
  'no-flip': { type: 'boolean', description: 'never mirror pictures' },
  validation: {
    type: 'string',
    valueHint: '0.1',
    description: 'share of the pictures kept from training; default 0.1',
  },
  'save-every': {
    type: 'string',
    valueHint: '100',
    description: 'steps between two saves of the state; default 100',
  },
  'skip-bad': {
    type: 'boolean',
    description: 'go on without annotations and pictures that cannot be understood',
  },
  strict: { type: 'boolean', description: 'refuse boxes without area or over the edge, too' },
  'memory-budget': {
    type: 'string',
    valueHint: 'GiB',
    description:
      'the most that values of a step take beside the weights; activations are computed again to keep to it',
  },
  ...laidOver,
  device: sharedArgs.device,
  threads: sharedArgs.threads,
  precision: sharedArgs.precision,
} as const satisfies ArgsDef;

/** What is learnt, and how; undefined where a flag is not given. Throws an InputError that names the flag out of its range. */
export function readTuning(flags: Flags) {
  return {
    steps: wholeNumber(flags, 'steps', { min: 1 }),
    batch: wholeNumber(flags, 'batch', { min: 1, max: 256 }),
    saveEvery: wholeNumber(flags, 'save-every', { min: 1 }),
    rate: number(flags, 'rate', { min: 1e-9, max: 1 }),
    optimiser: choice(flags, 'optimiser', OPTIMISERS),
    minBox: number(flags, 'min-box', { min: 0, max: 0.9 }),
    validation: number(flags, 'validation', { min: 0, max: 0.9 }),
    seed: wholeNumber(flags, 'seed', { min: 0, max: MAX_SEED }),
    rehearsal: number(flags, 'rehearsal', { min: 0, max: 0.9 }),
    newWords: !flags.has('no-new-words'),
    unet: flags.has('unet'),
    flip: !flags.has('no-flip'),
  } as const;
}
