// Shapes that several backgrounds share.

import type { SceneRandom } from '@spatiallock/scenes/web';
import { type Canvas, type Colour, disc } from '../canvas.js';

export const white: Colour = [255, 255, 255];

function cloud(canvas: Canvas, rng: SceneRandom, x: number, y: number, size: number, alpha: number): void {
  const puffs = rng.between(4, 6);
  for (let k = 0; k < puffs; k++) {
    const along = k / (puffs - 1) - 0.5;
    const rx = size * rng.uniform(0.24, 0.34) * (1.15 - Math.abs(along));
    disc(canvas, {
      x: x + along * size,
      y: y - rx * 0.45 + rng.uniform(-0.03, 0.03) * size,
      rx,
      ry: rx * rng.uniform(0.7, 0.9),
      colour: white,
      alpha,
      softness: 0.75,
    });
  }
}

export function clouds(canvas: Canvas, rng: SceneRandom, count: number, top: number, bottom: number): void {
  for (let k = 0; k < count; k++) {
    const x = (k + rng.uniform(0.1, 0.9)) / count;
    cloud(canvas, rng, x, rng.uniform(top, bottom), rng.uniform(0.22, 0.42), rng.uniform(0.55, 0.8));
  }
}

/** A slow wave around `level`: the line of hills, dunes and shores. */
export function wave(rng: SceneRandom, level: number, height: number, cycles: number): (x: number) => number {
  const [p, q] = [rng.uniform(0, 2 * Math.PI), rng.uniform(0, 2 * Math.PI)];
  const [f, g] = [rng.uniform(0.6, 1) * cycles, rng.uniform(1.3, 1.9) * cycles];
  return (x) =>
    level + height * (0.7 * Math.sin(p + 2 * Math.PI * f * x) + 0.3 * Math.sin(q + 2 * Math.PI * g * x));
}
