// The ablation as data and as a Markdown table.

import { type SubsetName, subsetNames, subsetTitles } from '@spatiallock/evaluation';
import type { AblationSettings } from './checkpoint.js';
import type { EvaluatedRow } from './evaluateRow.js';
import { median, type TrainedRow } from './trainRow.js';

/** One row with one seed. */
export interface RowResult extends EvaluatedRow, Omit<TrainedRow, 'weights'> {
  readonly key: string;
  readonly title: string;
  readonly seed: number;
}

export interface AblationReport {
  readonly settings: Omit<AblationSettings, 'checkpoint'>;
  /** Pictures that the Frechet distances compare, on each side. */
  readonly frechetOn: { readonly network: string; readonly pictures: number };
  /** `center` on real scenes of the same layouts: its own error. */
  readonly real: EvaluatedRow['figures'];
  /** The same by the judge that knows the art. */
  readonly realByArt: EvaluatedRow['figures'];
  readonly rows: readonly RowResult[];
  /** What was asked for, as the pages show it. */
  readonly layouts: readonly { readonly prompt: string; readonly boxes: readonly (readonly number[])[] }[];
  /** Data URIs of the first real pictures. */
  readonly realPictures: readonly string[];
}

/** Results of one row over all seeds. */
export interface RowGroup {
  readonly key: string;
  readonly title: string;
  readonly results: readonly RowResult[];
}

export function groupRows(rows: readonly RowResult[]): RowGroup[] {
  const keys = [...new Set(rows.map(({ key }) => key))];
  return keys.map((key) => {
    const results = rows.filter((row) => row.key === key);
    return { key, title: results[0]!.title, results };
  });
}

export interface Spread {
  readonly mean: number;
  /** Of the sample; undefined for one value. */
  readonly std?: number;
}

/** Undefined where no result has the number. */
export function spread(
  results: readonly RowResult[],
  pick: (row: RowResult) => number | null,
): Spread | undefined {
  const values = results.map(pick).filter((value) => value !== null);
  if (values.length === 0) return undefined;
  const mean = values.reduce((a, b) => a + b) / values.length;
  if (values.length === 1) return { mean };
  const square = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  return { mean, std: Math.sqrt(square) };
}

export interface Column {
  readonly title: string;
  readonly digits: number;
  /** Seconds: what else the machine did makes some of the seeds slow, so the median stands for them. */
  readonly timed?: boolean;
  pick(row: RowResult): number | null;
}

export const columns: readonly Column[] = [
  { title: 'mean IoU', digits: 3, pick: ({ figures }) => figures.meanIoU },
  { title: 'success', digits: 3, pick: ({ figures }) => figures.instanceSuccessRate },
  { title: 'AP50', digits: 3, pick: ({ figures }) => figures.AP50 },
  { title: 'AP', digits: 3, pick: ({ figures }) => figures.AP },
  { title: 'Frechet', digits: 2, pick: ({ frechet }) => frechet },
  { title: 'art: mean IoU', digits: 3, pick: ({ byArt }) => byArt.meanIoU },
  { title: 'art: success', digits: 3, pick: ({ byArt }) => byArt.instanceSuccessRate },
  { title: 's / picture', digits: 2, timed: true, pick: ({ secondsPerPicture }) => secondsPerPicture },
  { title: 's / step', digits: 2, timed: true, pick: ({ secondsPerStep }) => secondsPerStep },
  { title: 'trained, M', digits: 2, pick: ({ trainableParameters }) => trainableParameters / 1e6 },
  { title: 'of plugins, M', digits: 2, pick: ({ pluginParameters }) => pluginParameters / 1e6 },
];

export const subsetColumns: readonly Column[] = subsetNames.map((name: SubsetName) => ({
  title: subsetTitles[name],
  digits: 3,
  pick: ({ figures }) => figures.subsets[name].meanIoU,
}));

export const artSubsetColumns: readonly Column[] = subsetNames.map((name: SubsetName) => ({
  title: subsetTitles[name],
  digits: 3,
  pick: ({ byArt }) => byArt.subsets[name].meanIoU,
}));

export function cell(results: readonly RowResult[], { pick, digits, timed }: Column): string {
  if (timed) {
    const seconds = results.map(pick).filter((value) => value !== null);
    return seconds.length > 0 ? median(seconds).toFixed(digits) : '–';
  }
  const found = spread(results, pick);
  if (!found) return '–';
  const mean = found.mean.toFixed(digits);
  return found.std === undefined ? mean : `${mean} ± ${found.std.toFixed(digits)}`;
}

export function markdownTable(report: AblationReport): string {
  const groups = groupRows(report.rows);
  const table = (shown: readonly Column[]): string[] => [
    `| | ${shown.map(({ title }) => title).join(' | ')} |`,
    `| --- | ${shown.map(() => '---').join(' | ')} |`,
    ...groups.map(
      ({ title, results }) => `| ${title} | ${shown.map((column) => cell(results, column)).join(' | ')} |`,
    ),
  ];
  return [
    ...table(columns),
    '',
    'Mean IoU on hard subsets by `center`:',
    '',
    ...table(subsetColumns),
    '',
    'The same by the judge that knows the art:',
    '',
    ...table(artSubsetColumns),
    '',
    ...notes(report),
    '',
  ].join('\n');
}

/** How the figures came about, in sentences. */
export function notes({ settings, frechetOn, real, realByArt, rows }: AblationReport): string[] {
  const seeds = new Set(rows.map(({ seed }) => seed)).size;
  const spreads = 'seeds (mean ± std; rows without one have a single seed; seconds are medians)';
  const { steps, batch, count, anew } = settings;
  const start = anew
    ? "PoI's weights begin from nothing in each row; the U-Net's are the checkpoint's, which learnt with PoI and injection."
    : 'The checkpoint was trained with PoI and injection: rows without them also unlearn.';
  return [
    `Every row fine-tunes the same checkpoint for ${steps} steps of ${batch} pictures, in the same order, and paints ` +
      `the same ${count} held-out layouts; ${seeds} ${seeds === 1 ? 'seed' : spreads}. ${start}`,
    `Real scenes of these layouts: mean IoU ${real.meanIoU.toFixed(3)}, success ` +
      `${real.instanceSuccessRate.toFixed(3)}, AP50 ${real.AP50.toFixed(3)}, AP ${real.AP.toFixed(3)}; by the judge that ` +
      `knows the art ${realByArt.meanIoU.toFixed(3)} and ${realByArt.instanceSuccessRate.toFixed(3)}.`,
    `Frechet: distance between ${frechetOn.pictures} pictures and as many real scenes of the same layouts on the ` +
      `features of ${frechetOn.network}. It is no FID.`,
  ];
}
