// The picture that shows how training goes: one plot a stage.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { line, plot } from '@observablehq/plot';
import { SvgDocument } from '@spatiallock/evaluation/report';
import { writeFileAtomically } from '@spatiallock/node';
import { standaloneSvg } from '@spatiallock/research-harness';

/** A mean over some steps of what the log of a stage holds. */
type Point = Readonly<Record<string, number>>;

interface Curve {
  readonly stage: string;
  readonly points: readonly Point[];
}

/** Points of a plot; more of the log are averaged. */
const POINTS = 160;
const SIZE = { width: 760, height: 210 };

/** Writes `progress.svg` into the folder of a run, from the logs of its stages. */
export async function writeProgress(folder: string, stages: readonly string[]): Promise<void> {
  const curves = await Promise.all(stages.map((stage) => readCurve(folder, stage)));
  await writeFileAtomically(join(folder, 'progress.svg'), drawing(curves.flatMap((curve) => curve ?? [])));
}

async function readCurve(folder: string, stage: string): Promise<Curve | undefined> {
  const text = await readFile(join(folder, stage, 'log.jsonl'), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const lines = text.split('\n').filter((each) => each !== '');
  return { stage, points: averaged(lines.map((each) => JSON.parse(each) as Point)) };
}

/** Means of neighbours, so that about `POINTS` are left. */
function averaged(points: readonly Point[]): Point[] {
  const window = Math.ceil(points.length / POINTS);
  return Array.from({ length: Math.ceil(points.length / window) }, (_, k) => {
    const some = points.slice(k * window, (k + 1) * window);
    const mean = (name: string) => some.reduce((sum, point) => sum + point[name]!, 0) / some.length;
    const shared = Object.keys(some[0]!).filter((name) => some.every((point) => name in point));
    return { ...Object.fromEntries(shared.map((name) => [name, mean(name)])), step: some.at(-1)!.step! };
  });
}

function drawing(curves: readonly Curve[]): string {
  const plots = curves.map(
    (curve, k) => `<g transform="translate(0 ${k * SIZE.height})">${chart(curve)}</g>`,
  );
  return standaloneSvg(SIZE.width, curves.length * SIZE.height, plots.join('\n'));
}

/** The error of predictions where the stage tells it, else the loss. */
function chart({ stage, points }: Curve): string {
  const y = points.every((point) => 'mse' in point) ? 'mse' : 'loss';
  const figure: unknown = plot({
    document: new SvgDocument(),
    ...SIZE,
    marginLeft: 60,
    marginTop: 34,
    style: { fontSize: '12px', background: 'none', color: '#222' },
    x: { label: `steps of the stage "${stage}"` },
    y: {
      label: y === 'mse' ? 'mean squared error' : 'loss',
      type: 'log',
      grid: true,
      ticks: 5,
      tickFormat: '~g',
    },
    marks: [line(points, { x: 'step', y, stroke: '#3f6fd8', strokeWidth: 2 })],
  });
  return String(figure);
}
