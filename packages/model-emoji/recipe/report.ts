// The page that shows how training goes: one plot a stage, drawn in the browser by Observable Plot.

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { writeFileAtomically } from '@spatiallock/node';

interface Curve {
  readonly stage: string;
  readonly points: readonly Readonly<Record<string, number>>[];
}

/** Writes `progress.html` from the stages' logs; the page needs no network. */
export async function writeProgressPage(folder: string, stages: readonly string[]): Promise<void> {
  const curves = (await Promise.all(stages.map((stage) => readCurve(folder, stage)))).filter(
    (curve) => curve !== undefined,
  );
  await writeFileAtomically(join(folder, 'progress.html'), await page(curves));
}

async function readCurve(folder: string, stage: string): Promise<Curve | undefined> {
  const text = await readFile(join(folder, stage, 'log.jsonl'), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const points = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, number>);
  return { stage, points };
}

async function page(curves: readonly Curve[]): Promise<string> {
  const { resolve } = createRequire(import.meta.url);
  const library = (path: string): Promise<string> => readFile(path, 'utf8');
  const plot = resolve('@observablehq/plot').replace(/src[\\/]index\.js$/, join('dist', 'plot.umd.min.js'));
  const d3 = resolve('d3').replace(/src[\\/]index\.js$/, join('dist', 'd3.min.js'));
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Training of the embedded model</title>
<style>body{font:16px system-ui;margin:2rem auto;max-width:60rem;color-scheme:light dark}h2{margin-top:2rem}</style>
<h1>Training of the embedded model</h1><main></main>
<script>${await library(d3)}</script><script>${await library(plot)}</script>
<script>
for (const { stage, points } of ${JSON.stringify(curves)}) {
  const heading = document.createElement('h2');
  heading.textContent = stage + ', ' + points.at(-1).step + ' steps';
  const chart = Plot.plot({
    width: 900, height: 320, x: { label: 'step' }, y: { label: 'loss', type: 'log', grid: true },
    marks: [Plot.lineY(points, { x: 'step', y: 'loss', strokeOpacity: 0.4 }),
      Plot.lineY(points, Plot.windowY({ k: 9 }, { x: 'step', y: 'loss', stroke: 'steelblue', strokeWidth: 2 }))],
  });
  document.querySelector('main').append(heading, chart);
}
</script></html>
`;
}
