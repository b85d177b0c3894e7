// What the downstream experiment is asked to do.

import {
  type ArgsDef,
  choice,
  type Flags,
  number,
  positive,
  text,
  wholeNumber,
  wholeNumbers,
} from '@spatiallock/cli/command';
import { type LabelKind, labelKinds } from './labels.js';

export interface DownstreamSettings {
  /** Real scenes that every training has. */
  readonly real: number;
  /** Generated pictures that are added, ascending; 0 is real scenes alone. */
  readonly sizes: readonly number[];
  /** What generated pictures are labelled with: one training for each, of every size above 0. */
  readonly labels: readonly LabelKind[];
  /** One training for each, of every size. */
  readonly seeds: readonly number[];
  /** Steps of a training, the same for every size. */
  readonly steps: number;
  /** Pictures a step. */
  readonly batch: number;
  /** Share of a batch that is real, 0..1; by default all pictures are drawn alike. */
  readonly realShare?: number;
  /** Real held-out scenes that judge. */
  readonly heldOut: number;
  /** Denoising steps of a generated picture; the model's own by default. */
  readonly denoise?: number;
}

export interface DownstreamRequest {
  readonly settings: DownstreamSettings;
  /** Pictures, trainings and reports are kept here. */
  readonly folder: string;
  /** A model directory; the embedded model by default. */
  readonly model?: string;
  readonly threads?: number;
}

export const defaultDownstream: DownstreamSettings = {
  real: 200,
  sizes: [0, 200, 1000, 5000],
  labels: labelKinds,
  seeds: [1, 2, 3],
  steps: 1000,
  batch: 16,
  heldOut: 500,
};

export const downstreamArgs = {
  real: { type: 'string', valueHint: '200', description: 'real scenes that every training has' },
  sizes: {
    type: 'string',
    valueHint: '0,200,1000,5000',
    description: 'generated pictures that are added, one training for each number',
  },
  labels: {
    type: 'string',
    valueHint: labelKinds.join(),
    description:
      'of generated pictures: the boxes asked for; the same, of pictures that the center detector passes; or what it sees; default all three',
  },
  seeds: { type: 'string', valueHint: '1,2,3', description: 'one training for each, of every size' },
  steps: { type: 'string', valueHint: '1000', description: 'of a training' },
  batch: { type: 'string', valueHint: '16', description: 'pictures a step' },
  'real-share': {
    type: 'string',
    valueHint: '0.5',
    description: 'share of a batch that is real; by default all pictures are drawn alike',
  },
  'held-out': { type: 'string', valueHint: '500', description: 'real held-out scenes that judge' },
  denoise: {
    type: 'string',
    valueHint: 'n',
    description: "denoising steps of a generated picture; default the model's own",
  },
  folder: { type: 'string', valueHint: 'dir', description: 'of run and results; default runs/downstream' },
  model: { type: 'string', valueHint: 'dir', description: 'model directory that paints; default embedded' },
  threads: { type: 'string', valueHint: 'n', description: 'default all cores' },
} as const satisfies ArgsDef;

/** Reads the flags of `downstreamArgs`; throws an error that names the flag and how to fix it. */
export function readDownstream(flags: Flags): DownstreamRequest {
  const whole = (name: string): number | undefined => wholeNumber(flags, name, { min: 1 });
  const defaults = defaultDownstream;
  const realShare = number(flags, 'real-share', { ...positive, max: 1 });
  const denoise = whole('denoise');
  return {
    settings: {
      real: whole('real') ?? defaults.real,
      sizes: wholeNumbers(flags, 'sizes', { min: 0 }) ?? defaults.sizes,
      labels: labelsOf(flags) ?? defaults.labels,
      seeds: wholeNumbers(flags, 'seeds', { min: 0 }) ?? defaults.seeds,
      steps: whole('steps') ?? defaults.steps,
      batch: whole('batch') ?? defaults.batch,
      heldOut: whole('held-out') ?? defaults.heldOut,
      ...(realShare === undefined ? {} : { realShare }),
      ...(denoise === undefined ? {} : { denoise }),
    },
    folder: text(flags, 'folder') ?? 'runs/downstream',
    model: text(flags, 'model'),
    threads: whole('threads'),
  };
}

/** Kinds between commas, in the order of `labelKinds`. */
function labelsOf(flags: Flags): LabelKind[] | undefined {
  const given = text(flags, 'labels')
    ?.split(',')
    .map((each) => choice(new Map([['labels', [each.trim()]]]), 'labels', labelKinds));
  return given && labelKinds.filter((kind) => given.includes(kind));
}
