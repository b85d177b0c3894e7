// Runs the rows one after another; each finished one is kept, the one in work goes on from its state.

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readJsonFile, webpDataUri, writeFileAtomically } from '@spatiallock/node';
import { type GuidingSupervisor, requireSameSettings } from '@spatiallock/research-harness';
import { heldOutScenes, realImages } from '@spatiallock/scenes';
import { type AblationContext, type Checkpoint, copyCheckpoint, openCheckpoint } from './checkpoint.js';
import { evaluateRow, judgePictures, type RealScenes, SHOWN } from './evaluateRow.js';
import { type AblationJudge, openJudge } from './judge.js';
import { ablationPage } from './page.js';
import { type AblationReport, markdownTable, type RowResult } from './report.js';
import { type AblationRow, isUntrained } from './rows.js';
import { VARIETY } from './scenes.js';
import { comparisonSheet } from './sheet.js';
import { trainRow } from './trainRow.js';

export interface AblationOptions extends AblationContext {
  readonly rows: readonly AblationRow[];
  readonly seeds: number;
  /** Default the `query` detector. */
  readonly supervisor?: GuidingSupervisor;
}

/** Of the layouts: other ones than `evaluate` asks for by itself. */
const LAYOUT_SEED = 2;

/** Writes ablation.json, ablation.html, ablation.md and ablation.png into the folder, anew after each row. */
export async function runAblation(options: AblationOptions): Promise<AblationReport> {
  const { backend, folder, seeds } = options;
  // Rows and seeds may be added to a folder later; what all rows share may not change.
  const { settings } = options;
  const keepSettings = await requireSameSettings({ flag: 'out', folder, what: 'an ablation', settings });
  await copyCheckpoint(options);
  await keepSettings();
  const checkpoint = await openCheckpoint(options, options.supervisor);
  const judge = await openJudge(backend);
  try {
    const real = await realScenes(options, checkpoint, judge);
    const { rows } = options;
    const results = await finishedResults(folder, rows);
    const tell = async (): Promise<AblationReport> => {
      const report = reportOf(options, real, inOrder(results, rows));
      await writeReport(folder, report);
      return report;
    };
    for (let seed = 1; seed <= seeds; seed++) {
      for (const row of rows) {
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

/** What earlier runs left in the folder, whichever seeds they had. Rejects, naming the file, where one is damaged. */
export async function finishedResults(folder: string, rows: readonly AblationRow[]): Promise<RowResult[]> {
  const names = await readdir(join(folder, 'results')).catch(() => []);
  const ours = names.filter((name) => rows.some(({ key }) => RESULT.exec(name)?.[1] === key));
  return Promise.all(
    ours.map(async (name) => (await readJsonFile(join(folder, 'results', name))) as RowResult),
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
  const { figures, byArt } = evaluated;
  say(
    `${row.key}, seed ${seed}: mean IoU ${figures.meanIoU.toFixed(3)}, by the art ${byArt.meanIoU.toFixed(3)}`,
  );
  return result;
}

interface RealPictures extends RealScenes {
  readonly figures: AblationReport['real'];
  readonly byArt: AblationReport['realByArt'];
  readonly pictures: readonly string[];
}

async function realScenes(
  { settings, signal }: AblationOptions,
  { model, width }: Checkpoint,
  judge: AblationJudge,
): Promise<RealPictures> {
  const scenes = heldOutScenes(LAYOUT_SEED, settings.count, VARIETY);
  const side = width * model.vae.autoencoder.factor;
  const images = await realImages(scenes, { width: side, height: side });
  return {
    scenes,
    features: await judge.features(images),
    ...(await judgePictures(judge, images, scenes, signal)),
    pictures: await Promise.all(images.slice(0, SHOWN).map(webpDataUri)),
  };
}

function reportOf(
  { settings: { checkpoint, ...settings } }: AblationOptions,
  { scenes, figures, byArt, pictures }: RealPictures,
  rows: readonly RowResult[],
): AblationReport {
  return {
    settings,
    frechetOn: {
      network: '`center`, its deepest map pooled to 144 numbers',
      pictures: scenes.length,
    },
    real: figures,
    realByArt: byArt,
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
