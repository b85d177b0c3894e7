// All trainings of the downstream experiment, one after the other; what is finished is kept.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Backend, Detection, RgbImage } from '@spatiallock/core';
import type { CenterConfig } from '@spatiallock/detectors';
import { writeFileAtomically } from '@spatiallock/node';
import type { SceneFigures } from '@spatiallock/research-detectors';
import { type Art, classLabels } from '@spatiallock/research-scenes-128';
import { type LabelKind, labelledAs } from './labels.js';
import { downstreamPage, downstreamSvg } from './page.js';
import {
  generatedPictures,
  heldOutPictures,
  type LabelledPicture,
  type Painter,
  realPictures,
} from './pictures.js';
import { type DownstreamReport, downstreamTable, type TrainingResult } from './report.js';
import type { DownstreamSettings } from './settings.js';
import { trainAndJudge } from './training.js';

export interface ExperimentOptions {
  readonly settings: DownstreamSettings;
  readonly folder: string;
  /** What real scenes are drawn from. */
  readonly art: Art;
  /** What painted the pictures. */
  readonly model: Readonly<Record<string, unknown>>;
  readonly paint: Painter;
  /** What the detector that verifies and predicts labels sees in each picture. */
  readonly look: (images: readonly RgbImage[]) => Promise<readonly (readonly Detection[])[]>;
  readonly backend: Backend;
  /** The detector that is trained. */
  readonly config: Omit<CenterConfig, 'labels'>;
  readonly signal: AbortSignal;
  readonly onLine: (line: string) => void;
}

/**
 * Trains the `center` detector on real scenes alone and with generated pictures added, and writes `downstream.json`,
 * `downstream.md`, `downstream.html` and `downstream.svg` into the folder after each training. Goes on where it was stopped.
 */
export async function downstream(options: ExperimentOptions): Promise<DownstreamReport> {
  const { settings, folder, art, model, signal, onLine } = options;
  const config: CenterConfig = { ...options.config, labels: classLabels };
  const generated = await generatedPictures({
    folder: join(folder, 'generated'),
    count: Math.max(...settings.sizes),
    paint: options.paint,
    model: { ...model, denoise: settings.denoise ?? 'default' },
    signal,
    onProgress: (done) => onLine(`generated ${done}/${Math.max(...settings.sizes)}`),
  });
  const real = realPictures(art, settings.real);
  const seen = settings.labels.some((kind) => kind !== 'asked')
    ? await options.look(generated.map(({ image }) => image))
    : [];
  let judges: LabelledPicture[] | undefined;
  const results: TrainingResult[] = [];
  let report: DownstreamReport = { settings, model, results };
  for (const { seed, size, labels } of trainingsOf(settings)) {
    const pictures = labelledAs(labels, generated.slice(0, size), seen);
    const name = `size-${size}${labels === 'asked' ? '' : `-${labels}`}-seed-${seed}`;
    const figures = await kept(join(folder, 'results', nameOf(settings), `${name}.json`), () => {
      judges ??= heldOutPictures(art, settings.heldOut);
      return trainAndJudge({ real, generated: pictures }, judges, { name, seed }, settings, config, {
        backend: options.backend,
        folder: join(folder, 'trainings', nameOf(settings)),
        signal,
        onLine,
      });
    });
    results.push({ size, labels, pictures: pictures.length, seed, ...figures });
    onLine(`${name}: AP ${figures.AP.toFixed(3)}  AP50 ${figures.AP50.toFixed(3)}`);
    report = { settings, model, results: [...results] };
    await writeReport(folder, report);
  }
  return report;
}

interface Training {
  readonly seed: number;
  readonly size: number;
  readonly labels: LabelKind;
}

/** Without generated pictures there is nothing to label. */
const trainingsOf = ({ seeds, sizes, labels }: DownstreamSettings): Training[] =>
  seeds.flatMap((seed) =>
    sizes.flatMap((size) =>
      (size === 0 ? (['asked'] as const) : labels).map((kind) => ({ seed, size, labels: kind })),
    ),
  );

/** All that a training's figures depend on, besides its size, its seed and the generated pictures. */
function nameOf({ real, steps, batch, realShare, heldOut }: DownstreamSettings): string {
  return `real-${real}-steps-${steps}x${batch}-share-${realShare ?? 'alike'}-of-${heldOut}`;
}

/** The figures of a file, or those that `work` finds, which are then written there. */
async function kept(path: string, work: () => Promise<SceneFigures>): Promise<SceneFigures> {
  const before = await readFile(path, 'utf8').catch(() => undefined);
  if (before !== undefined) return JSON.parse(before) as SceneFigures;
  const figures = await work();
  await writeFileAtomically(path, `${JSON.stringify(figures, null, 2)}\n`);
  return figures;
}

async function writeReport(folder: string, report: DownstreamReport): Promise<void> {
  await writeFileAtomically(join(folder, 'downstream.json'), `${JSON.stringify(report, null, 2)}\n`);
  await writeFileAtomically(join(folder, 'downstream.md'), downstreamTable(report));
  await writeFileAtomically(join(folder, 'downstream.html'), downstreamPage(report));
  await writeFileAtomically(join(folder, 'downstream.svg'), downstreamSvg(report));
}
