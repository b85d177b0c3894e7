// Peaks with snow on them behind green hills.

import { type Canvas, gradient, ground, hsl, mix, polygon } from '../canvas.js';
import type { SceneRandom } from '../random.js';
import { clouds, pine, ridge, wave, white } from './shapes.js';

/** Peaks with snow on them behind green hills. */
export function mountains(canvas: Canvas, rng: SceneRandom): number {
  const hue = rng.uniform(200, 222);
  const dusk = rng.chance(0.3);
  gradient(canvas, [
    [0, dusk ? hsl(255, 0.4, 0.62) : hsl(hue, 0.65, rng.uniform(0.6, 0.72))],
    [0.75, dusk ? hsl(20, 0.75, 0.82) : hsl(hue - 6, 0.7, 0.92)],
    [1, dusk ? hsl(35, 0.8, 0.85) : hsl(hue - 6, 0.7, 0.94)],
  ]);
  if (rng.chance(0.5)) clouds(canvas, rng, rng.between(1, 2), 0.08, 0.26);
  const base = rng.uniform(0.62, 0.74);
  const rock = hsl(rng.uniform(215, 265), rng.uniform(0.1, 0.28), rng.uniform(0.38, 0.5));
  ground(canvas, {
    ridge: ridge(rng, base - 0.2, 0.1, rng.between(5, 8)),
    near: mix(rock, white, 0.55),
    far: mix(rock, white, 0.7),
    depth: 0.3,
  });
  for (let k = rng.between(2, 3); k > 0; k--) peak(canvas, rng, { x: rng.uniform(0.02, 0.98), base, rock });
  const green = hsl(rng.uniform(85, 150), rng.uniform(0.25, 0.42), rng.uniform(0.34, 0.46));
  ground(canvas, {
    ridge: wave(rng, base, 0.02, 1),
    near: mix(green, white, 0.16),
    far: mix(green, [0, 0, 0], 0.15),
    depth: 0.35,
  });
  if (rng.chance(0.5)) {
    for (let k = rng.between(3, 7); k > 0; k--)
      pine(
        canvas,
        rng.uniform(),
        base + rng.uniform(0.02, 0.06),
        rng.uniform(0.08, 0.14),
        mix(green, [0, 30, 20], 0.45),
      );
  }
  return base + 0.05;
}

function peak(
  canvas: Canvas,
  rng: SceneRandom,
  { x, base, rock }: { x: number; base: number; rock: readonly [number, number, number] },
): void {
  const height = rng.uniform(0.3, 0.5);
  const [left, right] = [rng.uniform(0.2, 0.34), rng.uniform(0.2, 0.34)];
  const [top, foot] = [base - height, base + 0.03];
  const dark = mix(rock, [20, 20, 40], 0.3);
  polygon(
    canvas,
    [
      [x - left, foot],
      [x, top],
      [x + right, foot],
    ],
    mix(rock, white, 0.15),
    rock,
  );
  polygon(
    canvas,
    [
      [x, top],
      [x + right, foot],
      [x + 0.12 * right, foot],
    ],
    mix(dark, white, 0.1),
    dark,
  );
  const snow = 0.3;
  polygon(
    canvas,
    [
      [x, top],
      [x - snow * left, top + snow * (height + 0.03)],
      [x + 0.05 * right, top + 0.22 * height],
    ],
    white,
    [236, 242, 252],
  );
  polygon(
    canvas,
    [
      [x, top],
      [x + snow * right, top + snow * (height + 0.03)],
      [x + 0.03 * right, top + 0.24 * height],
    ],
    [226, 234, 248],
    [205, 216, 238],
  );
}
