// What a data set holds, as one page.

import { join } from 'node:path';
import { boxArea } from '@spatiallock/core/geometry';
import {
  boxColour,
  countsChart,
  escapeMarkup,
  histogram,
  pageStyle,
  placesScatter,
} from '@spatiallock/evaluation/report';
import { readImage, webpDataUri } from '@spatiallock/node';
import type { DatasetRecord } from './record.js';

/** Pictures that are shown. */
const SAMPLES = 24;
/** Dots of a chart: more of them only make the page heavy. */
const DOTS = 4000;

/** Classes, sizes, places and scores of a data set, and some of its pictures. */
export async function datasetPage(folder: string, records: readonly DatasetRecord[]): Promise<string> {
  const kept = records.filter(({ file }) => file !== undefined);
  const objects = kept.flatMap((record) => record.objects);
  const count = (verdict: DatasetRecord['verdict']): number =>
    records.filter((record) => record.verdict === verdict).length;
  const judged = objects.flatMap(({ iou }) => (iou === null ? [] : [iou]));
  const tiles: readonly (readonly [string, string])[] = [
    ['pictures', `${kept.length}`],
    ['objects', `${objects.length}`],
    ['flagged', `${count('flagged')}`],
    ['dropped', `${count('dropped')}`],
    ['mean IoU of judged objects', judged.length === 0 ? '-' : mean(judged).toFixed(3)],
    [
      'attempts a picture',
      records.length === 0 ? '-' : mean(records.map((r) => r.attempts.length)).toFixed(2),
    ],
  ];
  const samples = await Promise.all(spread(kept, SAMPLES).map((record) => sampleCard(folder, record)));
  const chart = (title: string, drawn: string): string =>
    `<h2>${title}</h2><div class="chart">${drawn}</div>`;
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Data set</title><style>${pageStyle}</style>
<header><p class="kicker">SpatialLock</p><h1>${kept.length} labelled pictures</h1>
<p>${reasonsText(records)}</p></header>
<div class="tiles">${tiles.map(([name, value]) => `<div class="tile"><span>${name}</span><strong>${value}</strong></div>`).join('')}</div>
${chart('Classes', classesChart(objects))}
${chart('Sizes: square root of the area, as a share of the side', sizesChart(objects))}
${chart('Places: centres of the boxes', placesChart(objects))}
${judged.length === 0 ? '' : chart('Scores: overlap with what the detector saw', histogram(judged))}
<h2>Samples</h2><div class="cards">${samples.join('')}</div></html>
`;
}

type Objects = readonly DatasetRecord['objects'][number][];

function classesChart(objects: Objects): string {
  const counts = new Map<string, number>();
  for (const { label } of objects) counts.set(label, (counts.get(label) ?? 0) + 1);
  return countsChart([...counts].map(([label, count]) => ({ label, count })));
}

const sizesChart = (objects: Objects): string => histogram(objects.map(({ box }) => Math.sqrt(boxArea(box))));

const placesChart = (objects: Objects): string =>
  placesScatter(
    spread(objects, DOTS).map(({ box: [x0, y0, x1, y1] }) => ({ x: (x0 + x1) / 2, y: (y0 + y1) / 2 })),
  );

async function sampleCard(
  folder: string,
  { file, id, prompt, objects, verdict, reasons }: DatasetRecord,
): Promise<string> {
  const picture = await webpDataUri(await readImage(join(folder, file!)));
  const boxes = objects.map(({ box: [x0, y0, x1, y1] }, i) => {
    const [x, y, w, h] = [x0, y0, x1 - x0, y1 - y0].map((value) => (100 * value).toFixed(2));
    return `<rect x="${x}" y="${y}" width="${w}" height="${h}" stroke="${boxColour(i)}"/>`;
  });
  const rows = objects.map(
    ({ label, iou }, i) =>
      `<li style="--c:${boxColour(i)}"><b>${escapeMarkup(label)}</b>${iou === null ? '' : iou.toFixed(2)}</li>`,
  );
  const why = verdict === 'kept' ? '' : `<p class="missed">${escapeMarkup(reasons.join('; '))}</p>`;
  return `<figure><div class="frame"><img src="${picture}" alt="${escapeMarkup(prompt)}"><svg viewBox="0 0 100 100" preserveAspectRatio="none">${boxes.join('')}</svg></div><figcaption><p>${escapeMarkup(prompt)} <small>${id}</small></p>${why}<ul>${rows.join('')}</ul></figcaption></figure>`;
}

/** How often each reason stands in the records. */
function reasonsText(records: readonly DatasetRecord[]): string {
  const counts = new Map<string, number>();
  for (const reason of records.flatMap(({ reasons }) => reasons)) {
    const kind = reason.startsWith('looks like') ? 'looks like another' : reason;
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return [...counts].map(([reason, count]) => `${reason}: ${count}`).join('; ');
}

/** At most so many, evenly over all. */
function spread<T>(values: readonly T[], most: number): T[] {
  if (values.length <= most) return [...values];
  return Array.from({ length: most }, (_, i) => values[Math.floor((i * values.length) / most)]!);
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
