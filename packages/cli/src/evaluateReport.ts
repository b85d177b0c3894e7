// What `evaluate` tells of a run.

import {
  type CaptionFigures,
  type EvaluationReport,
  type EvaluationSettings,
  type Figures,
  type SeedVarietyFigures,
  subsetNames,
  subsetTitles,
} from '@spatiallock/evaluation';
import { counted } from './counted.js';
import type { settledSampling } from './generate.js';

/** Settings of plugins stand beside these by their names. */
export interface Settings extends EvaluationSettings, ReturnType<typeof settledSampling> {
  readonly seed: number;
  readonly device: string;
  readonly batch: number;
}

export interface Report extends EvaluationReport {
  readonly settings: Settings;
}

/** How the pictures were made, for the head of the page. */
export function howMade({ settings, secondsPerPicture }: Report): string {
  const { guidanceInterval, guidanceRescale, deepCache, details } = settings;
  const after = guidanceInterval
    ? ` (${guidanceInterval.scaleAfter} after ${guidanceInterval.stop} of the calls)`
    : '';
  const rescaled = guidanceRescale ? `, rescaled by ${guidanceRescale}` : '';
  const cached = deepCache ? `deep layers in one of ${deepCache.interval} calls, ` : '';
  const enlarged = details ? `objects below ${details} of the side painted again, ` : '';
  return (
    `${settings.steps} steps of ${settings.scheduler}, guidance ${settings.guidanceScale}${after}${rescaled}, ${cached}${enlarged}` +
    `${pluginsMade(settings)}${laidOver(settings)}seed ${settings.seed}; ` +
    `${secondsPerPicture.toFixed(2)} s a picture on ${settings.device}.`
  );
}

const NAMED = [
  'count',
  'scenes',
  'seed',
  'model',
  'modelHash',
  'device',
  'batch',
  'scheduler',
  'steps',
  'generator',
];

/** Settings of plugins as text: "strength 1, nullTokens false, ". */
const pluginsMade = (settings: Settings): string =>
  Object.entries(settings)
    .filter(([name, value]) => !NAMED.includes(name) && typeof value !== 'object' && !/^guidance/.test(name))
    .map(([name, value]) => `${name} ${String(value)}, `)
    .join('');

/** What was laid over the model or plugged in: "adapter forklifts, plugins a and b, ". */
const laidOver = (settings: Settings): string =>
  Object.entries(settings)
    .filter(([name, value]) => typeof value === 'object' && name !== 'pluginFiles')
    .map(([name, value]) => [name, [value].flat().flatMap(partName)] as const)
    .filter(([, parts]) => parts.length > 0)
    .map(([name, parts]) => `${name} ${parts.join(' and ')}, `)
    .join('');

function partName(part: unknown): readonly string[] {
  if (typeof part === 'string') return [part];
  return typeof part === 'object' && part !== null && 'path' in part ? [String(part.path)] : [];
}

/** Lines for people. `own`: whether the classes are the user's. */
export function summary(
  { generated, real, others = {}, captions, variety, secondsPerPicture }: Report,
  own: boolean,
  files: readonly string[],
): string[] {
  const row = (name: string, { meanIoU, instanceSuccessRate, AP50, AP }: Figures): string =>
    [
      name.padEnd(11),
      ...[meanIoU, instanceSuccessRate, AP50, AP].map((figure) => figure.toFixed(3).padStart(9)),
    ].join('');
  return [
    `${''.padEnd(11)} mean IoU  success     AP50       AP`,
    row('generated', generated),
    ...(real ? [row('real scenes', real)] : []),
    ...(own ? classLines(generated) : []),
    ...(real ? subsetLines(generated, real) : []),
    ...beyondLines(generated, real),
    ...Object.entries(others).flatMap(([name, judge]) => [
      '',
      `by ${name}`,
      row('generated', judge.generated),
      ...(judge.real ? [row('real scenes', judge.real), ...subsetLines(judge.generated, judge.real)] : []),
      ...beyondLines(judge.generated, judge.real),
    ]),
    ...(captions ? captionLines(captions) : []),
    ...(variety ? varietyLines(variety) : []),
    `${secondsPerPicture.toFixed(2)} s a picture`,
    ...files,
  ];
}

const numberOf = (figure: number | null | undefined): string =>
  (figure === null || figure === undefined ? '-' : figure.toFixed(3)).padStart(11);

/** What is asked for beyond places: objects that nobody asked for, colours, and what the judge measures itself. */
function beyondLines(generated: Figures, real: Figures | undefined): string[] {
  const line = (name: string, pick: (each: Figures) => number | null | undefined): string =>
    `${name.padEnd(34)}${numberOf(pick(generated))}${real ? numberOf(pick(real)) : ''}`;
  const { colours, measures } = generated;
  return [
    `${''.padEnd(34)}${'pictures'.padStart(11)}${real ? 'real scenes'.padStart(12) : ''}`,
    line('unasked objects in 100 pictures', ({ unaskedPer100 }) => unaskedPer100),
    ...(colours.instances === 0
      ? []
      : [line(`in their colours (${colours.instances} named)`, (each) => each.colours.right)]),
    ...Object.entries(measures).map(([name, { count }]) =>
      line(`${name} (${count})`, (each) => each.measures[name]?.mean),
    ),
  ];
}

function captionLines({ pictures, judges }: CaptionFigures): string[] {
  const lines = Object.entries(judges).map(
    ([name, { generated, real }]) =>
      `${name}: ${generated.present.toFixed(3)} of the named objects are there${real ? ` (real scenes ${real.present.toFixed(3)})` : ''}`,
  );
  return ['', `${counted(pictures, 'picture')} of captions alone`, ...lines];
}

function varietyLines({ layouts, seeds, judges }: SeedVarietyFigures): string[] {
  const lines = Object.entries(judges).map(
    ([name, { tone, edges, flips }]) =>
      `${name}: tone ${tone.toFixed(3)}, edges${numberOf(edges).replace(/ +/, ' ')}, flips${numberOf(flips).replace(/ +/, ' ')}`,
  );
  return ['', `${counted(layouts, 'layout')} by ${seeds} seeds each`, ...lines];
}

/** A line for each class of a user's own layouts. */
function classLines({ labels }: Figures): string[] {
  const width = Math.max(...labels.map(({ label }) => label.length));
  return [
    '',
    `${''.padEnd(width)}  objects mean IoU  success     AP50`,
    ...labels.map(({ label, instances, meanIoU, instanceSuccessRate, AP50 }) => {
      const figures = [meanIoU, instanceSuccessRate, AP50].map((figure) => figure.toFixed(3).padStart(9));
      return `${label.padEnd(width)}${String(instances).padStart(9)}${figures.join('')}`;
    }),
    '',
  ];
}

/** A line for each kind of harder object: how many there are, their figures, and those of real scenes. */
function subsetLines(generated: Figures, real: Figures): string[] {
  const width = Math.max(...subsetNames.map((name) => subsetTitles[name].length));
  const cell = (figure: number | null): string => (figure === null ? '-' : figure.toFixed(3)).padStart(9);
  return [
    '',
    `${''.padEnd(width)}  objects mean IoU  success real: IoU  success`,
    ...subsetNames.map((name) => {
      const [made, drawn] = [generated.subsets[name], real.subsets[name]];
      const figures = [made, drawn].flatMap((each) => [each.meanIoU, each.instanceSuccessRate]);
      const columns = figures.map(cell).join('');
      return `${subsetTitles[name].padEnd(width)}${String(made.instances).padStart(9)}${columns}`;
    }),
    '',
  ];
}
