// What the downstream experiment found, as data and as a table.

import type { SceneFigures } from '@spatiallock/research-detectors';
import { type LabelKind, labelKinds } from './labels.js';
import type { DownstreamSettings } from './settings.js';

export interface TrainingResult extends SceneFigures {
  /** Generated pictures beside the real ones, as many as were painted. */
  readonly size: number;
  readonly labels: LabelKind;
  /** Those of them that were learnt from: verification leaves some out. */
  readonly pictures: number;
  readonly seed: number;
}

export interface DownstreamReport {
  readonly settings: DownstreamSettings;
  readonly model: Readonly<Record<string, unknown>>;
  /** Trainings that are finished. */
  readonly results: readonly TrainingResult[];
}

/** Mean and sample standard deviation over seeds. */
export interface Spread {
  readonly mean: number;
  /** 0 for one seed. */
  readonly std: number;
}

export const downstreamFigures = ['AP', 'AP50', 'meanIoU', 'instanceSuccessRate'] as const;
export type DownstreamFigure = (typeof downstreamFigures)[number];

export const figureTitles: Readonly<Record<DownstreamFigure, string>> = {
  AP: 'AP',
  AP50: 'AP50',
  meanIoU: 'mean IoU',
  instanceSuccessRate: 'success',
};

export interface SizeRow {
  readonly size: number;
  readonly labels: LabelKind;
  readonly pictures: number;
  readonly seeds: number;
  readonly figures: Readonly<Record<DownstreamFigure, Spread>>;
}

/** A row for each size and kind of labels with a finished training. */
export function sizeRows({ settings, results }: DownstreamReport): SizeRow[] {
  const rows = settings.sizes.flatMap((size) => labelKinds.map((labels) => ({ size, labels })));
  return rows.flatMap(({ size, labels }) => {
    const own = results.filter((result) => result.size === size && result.labels === labels);
    if (own.length === 0) return [];
    const figures = Object.fromEntries(
      downstreamFigures.map((figure) => [figure, spreadOf(own.map((result) => result[figure]))]),
    ) as SizeRow['figures'];
    return [{ size, labels, pictures: own[0]!.pictures, seeds: own.length, figures }];
  });
}

/** How many trainings the settings ask for. */
const trainings = ({ sizes, labels, seeds }: DownstreamSettings): number =>
  seeds.length * sizes.reduce((sum, size) => sum + (size === 0 ? 1 : labels.length), 0);

export function spreadOf(values: readonly number[]): Spread {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, std: values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : 0 };
}

/** A sentence on how it was done, and on what is still missing. */
export function downstreamNote({ settings, results }: DownstreamReport): string {
  const { real, steps, batch, heldOut, realShare } = settings;
  const share =
    realShare === undefined ? 'drawn alike' : `of which ${(100 * realShare).toFixed(0)} % are real`;
  const all = trainings(settings);
  const missing =
    results.length < all ? ` ${all - results.length} of ${all} trainings are still to come.` : '';
  return (
    `The center detector, trained for ${steps} steps of ${batch} pictures (${share}) on ${real} real scenes and the generated ` +
    `pictures; judged on ${heldOut} real held-out scenes. Mean and standard deviation over seeds.${missing}`
  );
}

/** A Markdown table with its note. */
export function downstreamTable(report: DownstreamReport): string {
  const cell = ({ mean, std }: Spread): string => `${mean.toFixed(3)} ± ${std.toFixed(3)}`;
  const head = [
    'generated pictures',
    'labels',
    'learnt from',
    'seeds',
    ...downstreamFigures.map((figure) => figureTitles[figure]),
  ];
  const rows = sizeRows(report).map(({ size, labels, pictures, seeds, figures }) => [
    String(size),
    size === 0 ? '' : labels,
    String(pictures),
    String(seeds),
    ...downstreamFigures.map((figure) => cell(figures[figure])),
  ]);
  const lines = [head, head.map(() => '---:'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  return `${downstreamNote(report)}\n\n${lines.join('\n')}\n`;
}
