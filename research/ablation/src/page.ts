// The ablation as one web page that needs no other file.

import { dot, line, plot, ruleX, tickX } from '@observablehq/plot';
import { boxColour, escapeMarkup, pageStyle, SvgDocument } from '@spatiallock/evaluation/report';
import {
  type AblationReport,
  artSubsetColumns,
  type Column,
  cell,
  columns,
  groupRows,
  notes,
  type RowGroup,
  spread,
  subsetColumns,
} from './report.js';

/** HTML with plots drawn and pictures embedded. */
export function ablationPage(report: AblationReport): string {
  const groups = groupRows(report.rows);
  const [meanIoU, success, , , frechet] = columns as readonly Column[];
  const text = notes(report).map((note) => `<p class="note">${escapeMarkup(note)}</p>`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>SpatialLock ablation</title>
<style>${pageStyle}${gridStyle}</style>
</head>
<body>
<header><p class="kicker">SpatialLock ablation</p><h1>What each part is worth</h1></header>
<section>${text.join('\n')}</section>
<section><h2>All rows</h2>${table(groups, columns)}</section>
<section><h2>Where objects land</h2>
<div class="chart">${dots(groups, meanIoU!, report.real.meanIoU)}</div>
<div class="chart">${dots(groups, success!, report.real.instanceSuccessRate)}</div></section>
<section><h2>How real pictures look</h2><div class="chart">${dots(groups, frechet!)}</div></section>
<section><h2>Mean IoU on hard subsets</h2>${table(groups, subsetColumns)}</section>
<section><h2>The same by the judge that knows the art</h2>${table(groups, artSubsetColumns)}</section>
<section><h2>Learning curves</h2><p class="note">Mean squared error of the U-Net's prediction on training pictures.</p>
<div class="chart">${curves(groups)}</div></section>
<section><h2>Pictures</h2>${pictures(groups, report)}</section>
</body>
</html>
`;
}

const gridStyle = `
.grid { display: grid; gap: .4rem; grid-template-columns: minmax(9rem, auto) repeat(var(--n), minmax(5rem, 1fr)); align-items: center; }
.grid .frame img { border-radius: .3rem; }
.grid .asked { stroke-dasharray: none; }
`;

function table(groups: readonly RowGroup[], shown: readonly Column[]): string {
  const head = shown.map(({ title }) => `<th>${escapeMarkup(title)}</th>`).join('');
  const rows = groups.map(({ title, results }) => {
    const cells = shown.map((column) => `<td>${cell(results, column)}</td>`).join('');
    return `<tr><th scope="row">${escapeMarkup(title)}</th>${cells}</tr>`;
  });
  return `<div class="scroll"><table><thead><tr><th></th>${head}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
}

/** A dot for each seed, a stroke at each mean, and a line where real scenes stand. */
function dots(groups: readonly RowGroup[], { pick, title }: Column, bound?: number): string {
  const points = groups.flatMap(({ title: row, results }) =>
    results.map((result) => ({ row, value: pick(result) })),
  );
  const means = groups.map(({ title: row, results }) => ({ row, value: spread(results, pick)?.mean }));
  const figure: unknown = plot({
    document: new SvgDocument(),
    width: 820,
    height: 70 + 24 * groups.length,
    marginLeft: 230,
    style: { fontSize: '12px', background: 'none' },
    x: { label: title, grid: true, zero: true },
    y: { domain: groups.map((group) => group.title), label: null },
    marks: [
      ruleX(bound === undefined ? [] : [bound], { stroke: 'var(--real)', strokeWidth: 2 }),
      dot(points, { x: 'value', y: 'row', fill: 'var(--bar)', r: 4 }),
      tickX(means, { x: 'value', y: 'row', stroke: 'var(--ink)' }),
    ],
  });
  return String(figure);
}

function curves(groups: readonly RowGroup[]): string {
  const points = groups.flatMap(({ title, results }) =>
    results.flatMap(({ curve, seed }) =>
      curve.map((point) => ({ ...point, title, run: `${title} ${seed}` })),
    ),
  );
  if (points.length === 0) return '';
  const figure: unknown = plot({
    document: new SvgDocument(),
    width: 820,
    height: 340,
    marginLeft: 60,
    marginRight: 230,
    style: { fontSize: '12px', background: 'none' },
    x: { label: 'step' },
    y: { label: 'mean squared error', grid: true },
    color: { type: 'ordinal', range: PALETTE },
    marks: [line(points, { x: 'step', y: 'mse', z: 'run', stroke: 'title' })],
  });
  return `${String(figure)}${legend(points.map(({ title }) => title))}`;
}

/** One colour a row. */
const PALETTE = [
  '#4269d0',
  '#efb118',
  '#ff725c',
  '#6cc5b0',
  '#3ca951',
  '#ff8ab7',
  '#a463f2',
  '#97bbf5',
  '#9c6b4e',
];

function legend(titles: readonly string[]): string {
  const names = [...new Set(titles)].map((title, i) => {
    const colour = PALETTE[i % PALETTE.length];
    return `<span class="key" style="background:${colour}"></span> ${escapeMarkup(title)}`;
  });
  return `<p class="note">${names.join(' ')}</p>`;
}

/** The first pictures of each row's first seed, under the boxes asked for. */
function pictures(groups: readonly RowGroup[], { layouts, realPictures }: AblationReport): string {
  const strip = (title: string, uris: readonly string[]): string => {
    const frames = uris.map((uri, i) => {
      const { prompt = '', boxes = [] } = layouts[i] ?? {};
      return `<div class="frame"><img src="${uri}" alt="${escapeMarkup(`${title}: ${prompt}`)}">${outlines(boxes)}</div>`;
    });
    return `<strong>${escapeMarkup(title)}</strong>${frames.join('')}`;
  };
  const rows = groups.map(({ title, results }) => strip(title, results[0]!.pictures));
  const all = [strip('Real scenes', realPictures), ...rows].join('\n');
  return `<div class="scroll"><div class="grid" style="--n:${realPictures.length}">${all}</div></div>`;
}

function outlines(boxes: readonly (readonly number[])[]): string {
  const shapes = boxes.map(([x0 = 0, y0 = 0, x1 = 0, y1 = 0], i) => {
    const [x, y, w, h] = [x0, y0, x1 - x0, y1 - y0].map((value) => (100 * value).toFixed(1));
    return `<rect class="asked" x="${x}" y="${y}" width="${w}" height="${h}" stroke="${boxColour(i)}"/>`;
  });
  return `<svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">${shapes.join('')}</svg>`;
}
