// Runs the rows one after another; each finished one is kept, the one in work goes on from its state.

import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { figuresOf } from '@spatiallock/evaluation';
import { webpDataUri, writeFileAtomically } from '@spatiallock/node';
import type { GuidingSupervisor } from '@spatiallock/research-recipe';
import { heldOutScenes, realImages } from '@spatiallock/research-scenes-128';
import { type AblationContext, type Checkpoint, openCheckpoint } from './checkpoint.js';
import { evaluateRow, type RealScenes, SHOWN } from './evaluateRow.js';
import { type AblationJudge, openJudge } from './judge.js';
import { ablationPage } from './page.js';
import { type AblationReport, markdownTable, type RowResult } from './report.js';
import { type AblationRow, isUntrained, needsSupervisor } from './rows.js';
import { VARIETY } from './scenes.js';
import { comparisonSheet } from './sheet.js';
import { trainRow } from './trainRow.js';

export interface AblationOptions extends AblationContext {
  readonly rows: readonly AblationRow[];
  readonly seeds: number;
  /** Default the `query` detector, once it has weights; rows that need one are left out without it. */
  readonly supervisor?: GuidingSupervisor;
}

/** Of the layouts: other ones than `evaluate` asks for by itself. */
const LAYOUT_SEED = 2;

/** Writes ablation.json, ablation.html, ablation.md and ablation.png into the folder, anew after each row. */
export async function runAblation(options: AblationOptions): Promise<AblationReport> {
  const { backend, folder, seeds, say } = options;
  await requireSameSettings(options);
  const checkpoint = await openCheckpoint(options, options.supervisor);
  const judge = await openJudge(backend);
  try {
    const real = await realScenes(options, checkpoint, judge);
    const able = options.rows.filter((row) => checkpoint.supervisor || !needsSupervisor(row));
    const left = options.rows
      .filter((row) => !able.includes(row))
      .map(({ title }) => `Not run, for the supervising detector has no weights yet: ${title}.`);
    for (const line of left) say(line);
    const results = await finishedResults(folder, able);
    const tell = async (): Promise<AblationReport> => {
      const report = reportOf(options, real, left, inOrder(results, able));
      await writeReport(folder, report);
      return report;
    };
    for (let seed = 1; seed <= seeds; seed++) {
      for (const row of able) {
        if (seed > 1 && isUntrained(row)) continue;
        if (results.some((done) => done.key === row.key && done.seed === seed)) continue;
        results.push(await rowResult(row, seed, options, checkpoint, judge, real));
        await tell();
      }
    }
    return await tell();
  } finally {
    await judge.dispose();
    await checkpoint.texts.dispose();
  }
}

const inOrder = (results: readonly RowResult[], rows: readonly AblationRow[]): RowResult[] =>
  rows.flatMap(({ key }) => results.filter((result) => result.key === key).sort((a, b) => a.seed - b.seed));

const RESULT = /^(.+)-(\d+)\.json$/;

/** What earlier runs left in the folder, whichever seeds they had. */
async function finishedResults(folder: string, rows: readonly AblationRow[]): Promise<RowResult[]> {
  const names = await readdir(join(folder, 'results')).catch(() => []);
  const ours = names.filter((name) => rows.some(({ key }) => RESULT.exec(name)?.[1] === key));
  return Promise.all(
    ours.map(async (name) => JSON.parse(await readFile(join(folder, 'results', name), 'utf8')) as RowResult),
  );
}

/** Trains a row and judges it. */
async function rowResult(
  row: AblationRow,
  seed: number,
  options: AblationOptions,
  checkpoint: Checkpoint,
  judge: AblationJudge,
  real: RealPictures,
): Promise<RowResult> {
  const { folder, say } = options;
  const { weights, ...trained } = await trainRow(row, seed, options, checkpoint);
  say(`${row.key}, seed ${seed}: painting`);
  const evaluated = await evaluateRow(row, weights, real, options, checkpoint, judge);
  const result: RowResult = { key: row.key, title: row.title, seed, ...trained, ...evaluated };
  await writeFileAtomically(
    join(folder, 'results', `${row.key}-${seed}.json`),
    `${JSON.stringify(result)}\n`,
  );
  const { meanIoU, instanceSuccessRate } = evaluated.figures;
  say(`${row.key}, seed ${seed}: mean IoU ${meanIoU.toFixed(3)}, success ${instanceSuccessRate.toFixed(3)}`);
  return result;
}

interface RealPictures extends RealScenes {
  readonly figures: AblationReport['real'];
  readonly pictures: readonly string[];
}

async function realScenes(
  { settings }: AblationOptions,
  { model, width }: Checkpoint,
  judge: AblationJudge,
): Promise<RealPictures> {
  const scenes = heldOutScenes(LAYOUT_SEED, settings.count, VARIETY);
  const side = width * model.vae.autoencoder.factor;
  const images = await realImages(scenes, { width: side, height: side });
  const detections = await judge.detect(images);
  const { labels, ...figures } = figuresOf(
    scenes.map((scene, i) => ({ scene, image: images[i]!, detections: detections[i]! })),
  );
  return {
    scenes,
    features: await judge.features(images),
    figures,
    pictures: await Promise.all(images.slice(0, SHOWN).map(webpDataUri)),
  };
}

function reportOf(
  { settings: { checkpoint, ...settings } }: AblationOptions,
  { scenes, figures, pictures }: RealPictures,
  left: readonly string[],
  rows: readonly RowResult[],
): AblationReport {
  return {
    settings,
    frechetOn: {
      network: 'the judge (`center`), its deepest map pooled to 144 numbers',
      pictures: scenes.length,
    },
    real: figures,
    left,
    rows,
    layouts: scenes.slice(0, SHOWN).map(({ layout }) => ({
      prompt: layout.prompt,
      boxes: layout.objects.map(({ box }) => box),
    })),
    realPictures: pictures,
  };
}

async function writeReport(folder: string, report: AblationReport): Promise<void> {
  const { realPictures, ...data } = report;
  const rows = data.rows.map(({ pictures, ...row }) => row);
  await writeFileAtomically(join(folder, 'ablation.json'), `${JSON.stringify({ ...data, rows }, null, 2)}\n`);
  await writeFileAtomically(join(folder, 'ablation.html'), ablationPage(report));
  await writeFileAtomically(join(folder, 'ablation.md'), markdownTable(report));
  const sheet = await comparisonSheet(report);
  if (sheet) await writeFileAtomically(join(folder, 'ablation.png'), sheet);
}

/** Rows and seeds may be added to a folder later; what all rows share may not change. */
async function requireSameSettings({ folder, settings }: AblationOptions): Promise<void> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, 'settings.json');
  const now = `${JSON.stringify(settings, null, 2)}\n`;
  const before = await readFile(path, 'utf8').catch(() => undefined);
  if (before === undefined) return writeFileAtomically(path, now);
  if (before === now) return;
  throw new Error(`--out: ${folder} holds an ablation with other settings (${path}); choose another folder`);
}
