// Skies by day, at dusk and at night.

import type { SceneRandom } from '@spatiallock/scenes/web';
import { type Canvas, disc, gradient, ground, hsl } from '../canvas.js';
import { clouds, wave } from './shapes.js';

export function sky(canvas: Canvas, rng: SceneRandom): void {
  const hue = rng.uniform(200, 217);
  gradient(canvas, [
    [0, hsl(hue, rng.uniform(0.65, 0.85), rng.uniform(0.56, 0.66))],
    [1, hsl(hue - 6, 0.75, rng.uniform(0.85, 0.91))],
  ]);
  clouds(canvas, rng, rng.between(2, 4), 0.12, 0.92);
}

export function sunset(canvas: Canvas, rng: SceneRandom): void {
  const horizon = rng.uniform(0.58, 0.8);
  const shift = rng.uniform(-10, 10);
  const glow = hsl(40 + shift * 0.6, 0.95, 0.72);
  gradient(
    canvas,
    [
      [0, hsl(268 + shift, 0.42, rng.uniform(0.36, 0.46))],
      [0.4, hsl(325 + shift, 0.5, 0.58)],
      [0.75, hsl(18 + shift, 0.85, 0.64)],
      [1, glow],
    ],
    0,
    horizon,
  );
  const x = rng.uniform(0.15, 0.85);
  const radius = rng.uniform(0.08, 0.12);
  disc(canvas, { x, y: horizon, rx: 4 * radius, ry: 3 * radius, colour: glow, alpha: 0.6, softness: 1 });
  disc(canvas, {
    x,
    y: horizon - radius * 0.3,
    rx: radius,
    ry: radius,
    colour: [255, 244, 205],
    alpha: 1,
    softness: 0.15,
  });
  gradient(
    canvas,
    [
      [0, hsl(345 + shift, 0.4, 0.5)],
      [1, hsl(262 + shift, 0.42, 0.26)],
    ],
    horizon,
    1,
  );
  const depth = 1 - horizon;
  disc(canvas, {
    x,
    y: horizon + depth / 2,
    rx: 0.09,
    ry: depth * 0.6,
    colour: glow,
    alpha: 0.4,
    softness: 1,
  });
}

export function night(canvas: Canvas, rng: SceneRandom): void {
  const hue = rng.uniform(222, 250);
  gradient(canvas, [
    [0, hsl(hue, 0.58, rng.uniform(0.1, 0.15))],
    [1, hsl(hue + 12, 0.45, rng.uniform(0.3, 0.38))],
  ]);
  const stars = rng.between(12, 20);
  for (let k = 0; k < stars; k++) {
    const r = rng.uniform(0.011, 0.02);
    const [x, y] = [rng.uniform(), rng.uniform(0, 0.72)];
    disc(canvas, { x, y, rx: r, ry: r, colour: [255, 250, 225], alpha: rng.uniform(0.5, 0.95), softness: 1 });
  }
  if (rng.chance(0.5)) {
    const [x, y, r] = [rng.uniform(0.15, 0.85), rng.uniform(0.12, 0.3), rng.uniform(0.06, 0.09)];
    disc(canvas, { x, y, rx: 2.6 * r, ry: 2.6 * r, colour: [190, 200, 255], alpha: 0.3, softness: 1 });
    disc(canvas, { x, y, rx: r, ry: r, colour: [250, 246, 228], alpha: 1, softness: 0.15 });
  }
  const level = rng.uniform(0.78, 0.88);
  ground(canvas, {
    ridge: wave(rng, level, 0.04, 1),
    near: hsl(hue + 4, 0.45, 0.2),
    far: hsl(hue, 0.5, 0.1),
    depth: 0.25,
  });
}
