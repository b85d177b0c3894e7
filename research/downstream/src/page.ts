// The downstream experiment as one web page that needs no other file.

import { dot, line, plot, text as plotText, ruleX } from '@observablehq/plot';
import { escapeMarkup, pageStyle, SvgDocument } from '@spatiallock/evaluation/report';
import { standaloneSvg } from '@spatiallock/research-harness';
import { labelKinds } from './labels.js';
import {
  type DownstreamReport,
  downstreamFigures,
  downstreamNote,
  figureTitles,
  type Spread,
  sizeRows,
} from './report.js';

/** HTML with the plot drawn and the table below it. */
export function downstreamPage(report: DownstreamReport): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>SpatialLock downstream</title>
<style>${pageStyle}</style>
</head>
<body>
<header><p class="kicker">SpatialLock downstream</p>
<h1>What generated pictures add to a detector's training</h1>
<p>${escapeMarkup(downstreamNote(report))}</p></header>
<section class="chart">${downstreamChart(report)}</section>
<section>${table(report)}</section>
</body>
</html>
`;
}

const SIZE = { width: 640, height: 360 };

/** Of the page's style. */
const pageColours = { rule: 'var(--line)', lines: ['var(--bar)', 'var(--real)', '#138a72'] };
/** Spelt out, for what draws a file need not know of custom properties. */
const fileColours: typeof pageColours = { rule: '#bbb', lines: ['#3f6fd8', '#222', '#138a72'] };

/** The plot alone, as a file. */
export const downstreamSvg = (report: DownstreamReport): string =>
  standaloneSvg(SIZE.width, SIZE.height, downstreamChart(report, fileColours));

/** An SVG: AP on real held-out scenes by the number of generated pictures and their labels, a dot for each seed, a line
 * through the means. */
export function downstreamChart(report: DownstreamReport, colours = pageColours): string {
  const name = String;
  const rows = sizeRows(report);
  const kinds = labelKinds.filter((kind) => rows.some(({ labels }) => labels === kind));
  /** Each kind's line begins at the real scenes alone. */
  const means = kinds.flatMap((labels) =>
    rows
      .filter((row) => row.labels === labels || row.size === 0)
      .map(({ size, figures }) => ({ labels, size: name(size), AP: figures.AP.mean })),
  );
  const figure: unknown = plot({
    document: new SvgDocument(),
    ...SIZE,
    style: { fontSize: '12px', background: 'none' },
    x: { type: 'point', domain: report.settings.sizes.map(name), label: 'generated pictures added' },
    color: { domain: kinds, range: colours.lines.slice(0, kinds.length) },
    y: { label: 'AP on real held-out scenes', grid: true, nice: true },
    marks: [
      ruleX(means.slice(0, 1), { x: 'size', stroke: colours.rule }),
      line(means, { x: 'size', y: 'AP', z: 'labels', stroke: 'labels', strokeWidth: 2 }),
      dot(
        report.results.map(({ size, labels, AP }) => ({ size: name(size), labels, AP })),
        { x: 'size', y: 'AP', fill: 'labels', r: 3 },
      ),
      ...kinds.map((kind, i) =>
        plotText([`labels ${kind}`], {
          frameAnchor: 'top-left',
          dx: 8,
          dy: 8 + 16 * i,
          fill: colours.lines[i],
        }),
      ),
    ],
  });
  return String(figure);
}

function table(report: DownstreamReport): string {
  const cell = ({ mean, std }: Spread): string =>
    `<td>${mean.toFixed(3)} <small>± ${std.toFixed(3)}</small></td>`;
  const head = downstreamFigures.map((figure) => `<th>${figureTitles[figure]}</th>`).join('');
  const rows = sizeRows(report).map(({ size, labels, pictures, seeds, figures }) => {
    const cells = downstreamFigures.map((figure) => cell(figures[figure])).join('');
    const kind = size === 0 ? '' : labels;
    return `<tr><th scope="row">${size}</th><td>${kind}</td><td>${pictures}</td><td>${seeds}</td>${cells}</tr>`;
  });
  return `<div class="scroll"><table><thead><tr><th>generated pictures</th><th>labels</th><th>learnt from</th><th>seeds</th>${head}</tr></thead>
<tbody>${rows.join('')}</tbody></table></div>`;
}
