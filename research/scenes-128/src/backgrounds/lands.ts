// Landscapes: grass, sand and snow, each under a sky of its own.

import type { SceneRandom } from '@spatiallock/scenes/web';
import { type Canvas, disc, gradient, ground, hsl } from '../canvas.js';
import { clouds, wave, white } from './shapes.js';

export function meadow(canvas: Canvas, rng: SceneRandom): void {
  const horizon = rng.uniform(0.4, 0.62);
  const hue = rng.uniform(196, 210);
  gradient(
    canvas,
    [
      [0, hsl(hue, 0.75, 0.68)],
      [1, hsl(hue - 4, 0.8, 0.92)],
    ],
    0,
    horizon + 0.1,
  );
  clouds(canvas, rng, rng.between(1, 2), 0.1, horizon - 0.16);
  const green = rng.uniform(88, 118);
  for (const [k, lightness] of [0.6, 0.52, 0.45].entries()) {
    const level = horizon + k * rng.uniform(0.11, 0.17);
    ground(canvas, {
      ridge: wave(rng, level, 0.035, 0.9),
      near: hsl(green - 8, 0.52, lightness + 0.07),
      far: hsl(green + 6, 0.52, lightness - 0.08),
      depth: 0.4,
    });
  }
}

export function beach(canvas: Canvas, rng: SceneRandom): void {
  const horizon = rng.uniform(0.3, 0.44);
  const shore = horizon + rng.uniform(0.14, 0.22);
  const hue = rng.uniform(192, 206);
  gradient(
    canvas,
    [
      [0, hsl(hue + 6, 0.78, 0.66)],
      [1, hsl(hue, 0.8, 0.9)],
    ],
    0,
    horizon,
  );
  if (rng.chance(0.6)) clouds(canvas, rng, rng.between(1, 2), 0.1, horizon - 0.08);
  gradient(
    canvas,
    [
      [0, hsl(hue + 2, 0.72, 0.44)],
      [1, hsl(hue - 16, 0.62, 0.64)],
    ],
    horizon,
    shore + 0.1,
  );
  const line = wave(rng, shore, 0.022, 1.1);
  const sand = rng.uniform(36, 44);
  ground(canvas, {
    ridge: (x) => line(x) - 0.014,
    near: [240, 250, 250],
    far: [240, 250, 250],
    depth: 1,
    blur: 0.03,
  });
  ground(canvas, {
    ridge: (x) => line(x) + 0.018,
    near: hsl(sand - 4, 0.5, 0.7),
    far: hsl(sand, 0.7, 0.82),
    depth: 0.16,
    blur: 0.02,
  });
}

export function snow(canvas: Canvas, rng: SceneRandom): void {
  const horizon = rng.uniform(0.45, 0.65);
  const hue = rng.uniform(208, 228);
  gradient(
    canvas,
    [
      [0, hsl(hue, 0.38, 0.66)],
      [1, hsl(hue - 6, 0.45, 0.86)],
    ],
    0,
    horizon + 0.1,
  );
  for (const [k, lightness] of [0.83, 0.9, 0.95].entries()) {
    const level = horizon + k * rng.uniform(0.11, 0.17);
    ground(canvas, {
      ridge: wave(rng, level, 0.04, 0.8),
      near: hsl(hue, 0.5, Math.min(0.98, lightness + 0.03)),
      far: hsl(hue + 4, 0.45, lightness - 0.06),
      depth: 0.45,
    });
  }
  const flakes = rng.between(10, 16);
  for (let k = 0; k < flakes; k++) {
    const r = rng.uniform(0.012, 0.022);
    const [x, y] = [rng.uniform(), rng.uniform(0, horizon)];
    disc(canvas, { x, y, rx: r, ry: r, colour: white, alpha: rng.uniform(0.6, 0.95), softness: 0.9 });
  }
}
