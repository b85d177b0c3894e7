// The rows that readers compare first, side by side as one picture: the same layouts and seeds, boxes drawn.

import { boxColour, letter } from '@spatiallock/evaluation/report';
import sharp from 'sharp';
import { type AblationReport, groupRows } from './report.js';

/** By key; `letter` knows letters, digits and spaces. */
const SHOWN_ROWS = { 'poi-off': 'poi off', poi: 'poi', 'pog-both': 'poi and pog' };
const CELL = 192;
const GAP = 8;
const MARGIN = 130;
const LETTERS = 11;

/** A PNG of those rows that are done, real scenes last; undefined while there is none. */
export async function comparisonSheet(report: AblationReport): Promise<Buffer | undefined> {
  const groups = groupRows(report.rows);
  const done = Object.entries(SHOWN_ROWS).flatMap(([key, title]) => {
    const group = groups.find((each) => each.key === key);
    return group ? [{ title, pictures: group.results[0]!.pictures }] : [];
  });
  if (done.length === 0) return undefined;
  const rows = [...done, { title: 'real scenes', pictures: report.realPictures }];
  const cells = rows.flatMap(({ pictures }, row) =>
    pictures.map(async (uri, column) => ({
      input: await cell(uri, report.layouts[column]!.boxes),
      left: MARGIN + column * (CELL + GAP),
      top: GAP + row * (CELL + GAP),
    })),
  );
  const width = MARGIN + report.realPictures.length * (CELL + GAP);
  const height = GAP + rows.length * (CELL + GAP);
  return sharp({ create: { width, height, channels: 3, background: '#ffffff' } })
    .composite([
      { input: titles(rows.map(({ title }) => title)), left: 0, top: 0 },
      ...(await Promise.all(cells)),
    ])
    .png({ compressionLevel: 9, palette: true, quality: 90 })
    .toBuffer();
}

async function cell(uri: string, boxes: readonly (readonly number[])[]): Promise<Buffer> {
  const picture = Buffer.from(uri.slice(uri.indexOf(',') + 1), 'base64');
  const outlines = boxes.map(([x0 = 0, y0 = 0, x1 = 0, y1 = 0], i) => {
    const [x, y, width, height] = [x0, y0, x1 - x0, y1 - y0].map((value) => (CELL * value).toFixed(1));
    return `<rect x="${x}" y="${y}" width="${width}" height="${height}" fill="none" stroke="${boxColour(i)}" stroke-width="2"/>`;
  });
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${CELL}" height="${CELL}">${outlines.join('')}</svg>`;
  const enlarged = await sharp(picture).resize(CELL, CELL, { kernel: 'cubic' }).png().toBuffer();
  return sharp(enlarged)
    .composite([{ input: Buffer.from(svg) }])
    .png()
    .toBuffer();
}

/** One title a row, in the margin. */
function titles(words: readonly string[]): Buffer {
  const lines = words.map((title, row) => {
    const middle = GAP + row * (CELL + GAP) + CELL / 2;
    return `<path d="${letter(title, GAP, middle, LETTERS).path}" fill="none" stroke="#202024" stroke-width="1.6" stroke-linecap="round"/>`;
  });
  const height = GAP + words.length * (CELL + GAP);
  return Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${MARGIN}" height="${height}">${lines.join('')}</svg>`,
  );
}
