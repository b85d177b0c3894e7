// Closed places: a studio and the bottom of the sea.

import type { SceneRandom } from '@spatiallock/scenes/web';
import { type Canvas, disc, gradient, ground, hsl, mix } from '../canvas.js';
import { wave, white } from './shapes.js';

export function studio(canvas: Canvas, rng: SceneRandom): void {
  const hue = rng.uniform(0, 360);
  const saturation = rng.uniform(0.12, 0.55);
  const wall = hsl(hue, saturation, rng.uniform(0.72, 0.8));
  const floor = mix(wall, white, 0.4);
  const corner = rng.uniform(0.62, 0.8);
  gradient(canvas, [
    [0, wall],
    [corner - 0.06, mix(wall, white, 0.12)],
    [corner + 0.06, floor],
    [1, mix(wall, white, 0.25)],
  ]);
  const [x, y] = [rng.uniform(0.3, 0.7), rng.uniform(0.25, 0.5)];
  disc(canvas, { x, y, rx: 0.8, ry: 0.65, colour: white, alpha: 0.5, softness: 1 });
}

export function sea(canvas: Canvas, rng: SceneRandom): void {
  const hue = rng.uniform(182, 204);
  gradient(canvas, [
    [0, hsl(hue - 6, 0.72, rng.uniform(0.64, 0.72))],
    [0.5, hsl(hue + 4, 0.75, 0.46)],
    [1, hsl(hue + 16, 0.7, rng.uniform(0.24, 0.32))],
  ]);
  const light = rng.uniform(0.15, 0.85);
  disc(canvas, {
    x: light,
    y: -0.05,
    rx: 0.6,
    ry: 0.55,
    colour: hsl(hue - 14, 0.8, 0.9),
    alpha: 0.65,
    softness: 1,
  });
  const level = rng.uniform(0.84, 0.92);
  ground(canvas, {
    ridge: wave(rng, level, 0.025, 1),
    near: hsl(rng.uniform(38, 48), 0.38, 0.62),
    far: hsl(40, 0.3, 0.46),
    depth: 0.2,
    blur: 0.03,
  });
  const bubbles = rng.between(4, 8);
  for (let k = 0; k < bubbles; k++) {
    const r = rng.uniform(0.014, 0.03);
    const [x, y] = [rng.uniform(), rng.uniform(0.1, 0.8)];
    disc(canvas, {
      x,
      y,
      rx: r,
      ry: r,
      colour: hsl(hue - 10, 0.7, 0.9),
      alpha: rng.uniform(0.35, 0.65),
      softness: 0.5,
    });
  }
}
