// The evaluation as one web page that needs no other file.

import { checkList, checkObject, checkText } from '@spatiallock/core/checks';
import { webpDataUri } from '@spatiallock/node';
import { type Figures, subsetNames, subsetTitles } from '../figures.js';
import {
  type DetectedImage,
  type EvaluatedPicture,
  type EvaluationReport,
  type EvaluatorFigures,
  matchedObjects,
} from '../report.js';
import { classChart } from './chart.js';
import { boxColour } from './overlay.js';
import { pageStyle } from './style.js';
import { escapeMarkup } from './svgDocument.js';

/** HTML text with pictures embedded; `how`: a sentence or two on how they were made. Needs the package sharp. */
export async function reportPage(report: EvaluationReport, how: string): Promise<string> {
  checkObject(checkObject(report, 'report').settings, 'report.settings');
  checkObject(report.generated, 'report.generated');
  checkList(report.pictures, 'report.pictures', 'pictures');
  checkText(how, 'how');
  const { settings, generated, real, others = {}, pictures } = report;
  const cards = await Promise.all(pictures.map(card));
  const title = `${settings.count} layouts (${settings.scenes}), ${settings.model}`;
  const bound = real
    ? ' The same detector judged real pictures of the same layouts: what it misses there is its own error.'
    : '';
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeMarkup(title)}</title>
<style>${pageStyle}</style>
</head>
<body>
<header>
<p class="kicker">SpatialLock evaluation</p>
<h1>${escapeMarkup(title)}</h1>
<p>${escapeMarkup(how)}${bound}</p>
</header>
<section class="tiles">${tiles(generated, real)}</section>
${Object.entries(others).map(judgeSection).join('\n')}
<section>
<h2>Harder objects</h2>
${subsetTable(generated, real)}
</section>
<section>
<h2>By class</h2>
<p class="note"><span class="key bar"></span> generated${real ? ' <span class="key real"></span> real pictures' : ''}</p>
<div class="chart">${classChart(generated.labels, real?.labels ?? [])}</div>
</section>
<section>
<h2>Pictures</h2>
<div class="controls">
<label><input type="checkbox" id="show-asked" checked> boxes asked for (dashed)</label>
<label><input type="checkbox" id="show-seen" checked> boxes detected</label>
${real ? '<label><input type="checkbox" id="show-real"> real pictures instead</label>' : ''}
</div>
<div class="cards">${cards.join('\n')}</div>
</section>
</body>
</html>
`;
}

/** What a further judge says of the same pictures. */
function judgeSection([name, { generated, real }]: [string, EvaluatorFigures]): string {
  const measured = Object.entries(generated.measures).map(
    ([measure, { count, mean }]) =>
      `<tr><th scope="row">${escapeMarkup(measure)}</th><td>${count}</td><td>${fraction(mean)}</td><td>${fraction(real?.measures[measure]?.mean ?? null)}</td></tr>`,
  );
  const table =
    measured.length === 0
      ? ''
      : `<div class="scroll"><table>
<thead><tr><th></th><th>judged</th><th>mean</th><th>real</th></tr></thead>
<tbody>${measured.join('')}</tbody>
</table></div>`;
  return `<section>
<h2>By ${escapeMarkup(name)}</h2>
<div class="tiles">${tiles(generated, real)}</div>
${table}
</section>`;
}

const percent = (value: number | null): string => (value === null ? '–' : `${(100 * value).toFixed(1)} %`);
const fraction = (value: number | null): string => (value === null ? '–' : value.toFixed(3));

function tiles(generated: Figures, real: Figures | undefined): string {
  const rows: readonly (readonly [string, string, string])[] = [
    ['Mean IoU', fraction(generated.meanIoU), fraction(real?.meanIoU ?? null)],
    [
      'Placed: right class, IoU ≥ 0.5',
      percent(generated.instanceSuccessRate),
      percent(real?.instanceSuccessRate ?? null),
    ],
    ['AP50', fraction(generated.AP50), fraction(real?.AP50 ?? null)],
    ['AP', fraction(generated.AP), fraction(real?.AP ?? null)],
    [
      'Unasked objects in 100 pictures',
      generated.unaskedPer100.toFixed(1),
      real?.unaskedPer100.toFixed(1) ?? '–',
    ],
  ];
  return rows
    .map(
      ([name, value, bound]) =>
        `<div class="tile"><span>${name}</span><strong>${value}</strong>${real ? `<small>real pictures ${bound}</small>` : ''}</div>`,
    )
    .join('');
}

function subsetTable(generated: Figures, real: Figures | undefined): string {
  const rows = subsetNames.map((name) => {
    const [made, drawn] = [generated.subsets[name], real?.subsets[name]];
    const cells = [
      fraction(made.meanIoU),
      fraction(drawn?.meanIoU ?? null),
      percent(made.instanceSuccessRate),
      percent(drawn?.instanceSuccessRate ?? null),
    ];
    const columns = cells.map((cell) => `<td>${cell}</td>`).join('');
    return `<tr><th scope="row">${subsetTitles[name]}</th><td>${made.instances}</td>${columns}</tr>`;
  });
  return `<div class="scroll"><table>
<thead><tr><th></th><th>objects</th><th>mean IoU</th><th>real</th><th>placed</th><th>real</th></tr></thead>
<tbody>${rows.join('')}</tbody>
</table></div>`;
}

async function card(picture: EvaluatedPicture): Promise<string> {
  const { scene, seed, real } = picture;
  const objects = matchedObjects(picture);
  const list = objects.map(({ phrase, detector }, i) => {
    const verdict = detector ? detector.iou.toFixed(2) : 'not found';
    const missed = !detector || detector.iou < 0.5;
    return `<li${missed ? ' class="missed"' : ''} style="--c:${boxColour(i)}">${escapeMarkup(phrase)} <b>${verdict}</b></li>`;
  });
  return `<figure>
<div class="frame generated">${await drawing(picture, picture)}</div>
${real ? `<div class="frame real">${await drawing(picture, real)}</div>` : ''}
<figcaption><p>${escapeMarkup(scene.layout.prompt)} <small>seed ${seed}</small></p><ul>${list.join('')}</ul></figcaption>
</figure>`;
}

/** A picture under the boxes asked for and those detected; shapes scale with the picture. */
async function drawing({ scene }: EvaluatedPicture, { image, detections }: DetectedImage): Promise<string> {
  const objects = matchedObjects({ scene, detections });
  const asked = objects.map(({ box }, i) => rectangle(box, `asked`, boxColour(i)));
  const seen = objects.flatMap(({ detector }, i) =>
    detector ? [rectangle(detector.box, 'seen', boxColour(i))] : [],
  );
  const uri = await webpDataUri(image);
  return (
    `<img src="${uri}" alt="${escapeMarkup(scene.layout.prompt)}" width="${image.width}" height="${image.height}">` +
    `<svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">${asked.join('')}${seen.join('')}</svg>`
  );
}

function rectangle(box: readonly number[], kind: 'asked' | 'seen', colour: string): string {
  const [x0, y0, x1, y1] = box.map((edge) => 100 * edge);
  const numbers = [x0, y0, x1 - x0, y1 - y0].map((value) => value.toFixed(1));
  const [x, y, width, height] = numbers;
  return `<rect class="${kind}" x="${x}" y="${y}" width="${width}" height="${height}" stroke="${colour}"/>`;
}
