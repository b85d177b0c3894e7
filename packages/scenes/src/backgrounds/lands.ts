// Landscapes: grass, sand and snow, each under a sky of its own, and a forest.

import { type Canvas, disc, gradient, ground, hsl, mix, rect } from '../canvas.js';
import type { SceneRandom } from '../random.js';
import { bush, clouds, dots, light, pine, wave, white } from './shapes.js';

/** Grass under a sky with clouds. */
export function meadow(canvas: Canvas, rng: SceneRandom): number {
  const horizon = rng.uniform(0.36, 0.64);
  const hue = rng.uniform(192, 212);
  gradient(
    canvas,
    [
      [0, hsl(hue, 0.75, rng.uniform(0.6, 0.74))],
      [1, hsl(hue - 4, 0.8, 0.92)],
    ],
    0,
    horizon + 0.1,
  );
  if (rng.chance(0.3))
    light(canvas, {
      x: rng.uniform(0.1, 0.9),
      y: rng.uniform(0.08, 0.2),
      radius: 0.055,
      colour: [255, 244, 190],
    });
  clouds(canvas, rng, rng.between(1, 3), 0.08, horizon - 0.14);
  const green = rng.uniform(78, 124);
  const lush = rng.uniform(0.42, 0.6);
  for (const [k, lightness] of [0.6, 0.52, 0.45].entries()) {
    const level = horizon + k * rng.uniform(0.11, 0.17);
    ground(canvas, {
      ridge: wave(rng, level, 0.035, 0.9),
      near: hsl(green - 8, lush, lightness + 0.07),
      far: hsl(green + 6, lush, lightness - 0.08),
      depth: 0.4,
    });
    if (k === 0 && rng.chance(0.35)) {
      const x = rng.uniform();
      bush(canvas, rng, {
        x,
        y: level + 0.05,
        height: rng.uniform(0.05, 0.08),
        colour: hsl(green + 10, 0.4, 0.36),
      });
    }
  }
  if (rng.chance(0.5)) {
    const colour = hsl(rng.pick([0, 48, 290, 330]), 0.85, rng.uniform(0.66, 0.9));
    dots(canvas, rng, rng.between(8, 18), {
      colour,
      radius: [0.006, 0.011],
      top: horizon + 0.2,
      bottom: 1,
      alpha: [0.8, 1],
      softness: 0.4,
    });
  }
  return horizon + 0.08;
}

/** Sand, the sea behind it and the sky. */
export function beach(canvas: Canvas, rng: SceneRandom): number {
  const horizon = rng.uniform(0.28, 0.46);
  const shore = horizon + rng.uniform(0.12, 0.24);
  const hue = rng.uniform(188, 208);
  gradient(
    canvas,
    [
      [0, hsl(hue + 6, 0.78, rng.uniform(0.6, 0.72))],
      [1, hsl(hue, 0.8, 0.9)],
    ],
    0,
    horizon,
  );
  if (rng.chance(0.35))
    light(canvas, {
      x: rng.uniform(0.1, 0.9),
      y: rng.uniform(0.08, 0.18),
      radius: 0.05,
      colour: [255, 246, 200],
    });
  if (rng.chance(0.6)) clouds(canvas, rng, rng.between(1, 2), 0.1, horizon - 0.08);
  gradient(
    canvas,
    [
      [0, hsl(hue + 2, 0.72, rng.uniform(0.38, 0.48))],
      [1, hsl(hue - 16, 0.62, 0.64)],
    ],
    horizon,
    shore + 0.1,
  );
  const line = wave(rng, shore, 0.022, 1.1);
  const sand = rng.uniform(32, 46);
  const bright = rng.uniform(0.74, 0.84);
  const foam: readonly [number, number, number] = [240, 250, 250];
  ground(canvas, { ridge: (x) => line(x) - 0.014, near: foam, far: foam, depth: 1, blur: 0.03 });
  ground(canvas, {
    ridge: (x) => line(x) + 0.018,
    near: hsl(sand - 4, 0.5, bright - 0.12),
    far: hsl(sand, 0.7, bright),
    depth: 0.16,
    blur: 0.02,
  });
  return shore + 0.05;
}

/** Snowy hills. */
export function snow(canvas: Canvas, rng: SceneRandom): number {
  const horizon = rng.uniform(0.4, 0.66);
  const hue = rng.uniform(204, 232);
  const dim = rng.uniform(0.6, 0.74);
  gradient(
    canvas,
    [
      [0, hsl(hue, 0.38, dim)],
      [1, hsl(hue - 6, 0.45, 0.86)],
    ],
    0,
    horizon + 0.1,
  );
  for (const [k, lightness] of [0.83, 0.9, 0.95].entries()) {
    const level = horizon + k * rng.uniform(0.11, 0.17);
    if (k === 1 && rng.chance(0.55)) {
      const green = hsl(rng.uniform(140, 175), 0.28, rng.uniform(0.26, 0.4));
      for (let n = rng.between(2, 6); n > 0; n--)
        pine(canvas, rng.uniform(), level + 0.01, rng.uniform(0.12, 0.22), mix(green, white, 0.2));
    }
    ground(canvas, {
      ridge: wave(rng, level, 0.04, 0.8),
      near: hsl(hue, 0.5, Math.min(0.98, lightness + 0.03)),
      far: hsl(hue + 4, 0.45, lightness - 0.06),
      depth: 0.45,
    });
  }
  dots(canvas, rng, rng.between(10, 24), {
    colour: white,
    radius: [0.008, 0.018],
    top: 0,
    bottom: horizon,
    alpha: [0.6, 0.95],
    softness: 0.9,
  });
  return horizon + 0.08;
}

/** Sand dunes. */
export function desert(canvas: Canvas, rng: SceneRandom): number {
  const horizon = rng.uniform(0.42, 0.62);
  const hue = rng.uniform(196, 214);
  const dust = rng.uniform(28, 42);
  gradient(
    canvas,
    [
      [0, hsl(hue, rng.uniform(0.4, 0.7), rng.uniform(0.6, 0.72))],
      [1, hsl(dust, 0.7, 0.9)],
    ],
    0,
    horizon + 0.1,
  );
  light(canvas, {
    x: rng.uniform(0.1, 0.9),
    y: rng.uniform(0.08, 0.24),
    radius: rng.uniform(0.05, 0.09),
    colour: [255, 248, 214],
  });
  const warm = rng.uniform(18, 38);
  for (const [k, lightness] of [0.68, 0.6, 0.54].entries()) {
    const level = horizon + k * rng.uniform(0.11, 0.18);
    ground(canvas, {
      ridge: wave(rng, level, rng.uniform(0.03, 0.07), 0.8),
      near: hsl(warm + 6, 0.7, lightness + 0.09),
      far: hsl(warm - 2, 0.62, lightness - 0.08),
      depth: 0.32,
    });
  }
  return horizon + 0.1;
}

/** Trees behind a clearing. */
export function forest(canvas: Canvas, rng: SceneRandom): number {
  const green = rng.uniform(84, 156);
  const bright = rng.uniform(0, 0.12);
  gradient(canvas, [
    [0, hsl(green - 20, 0.35, 0.7 + bright)],
    [0.7, hsl(green - 6, 0.35, 0.52 + bright)],
    [1, hsl(green, 0.4, 0.3)],
  ]);
  const level = rng.uniform(0.68, 0.82);
  const far = hsl(green, 0.28, 0.42 + bright);
  const pines = rng.chance(0.5);
  for (let k = 0; k < 9; k++) {
    const x = (k + rng.uniform()) / 9;
    if (pines) pine(canvas, x, level - 0.02, rng.uniform(0.4, 0.6), mix(far, white, rng.uniform(0.05, 0.2)));
    else trunk(canvas, x, level, rng.uniform(0.014, 0.022), mix(hsl(28, 0.25, 0.35), far, 0.6));
  }
  if (!pines) leaves(canvas, rng, 10, 0.14, hsl(green, 0.38, 0.46 + bright));
  for (let k = rng.between(3, 5); k > 0; k--) {
    const x = rng.uniform();
    if (pines)
      pine(canvas, x, level + 0.05, rng.uniform(0.55, 0.8), hsl(green + 10, 0.38, rng.uniform(0.2, 0.3)));
    else trunk(canvas, x, level + 0.05, rng.uniform(0.025, 0.045), hsl(26, 0.34, rng.uniform(0.22, 0.32)));
  }
  if (!pines) leaves(canvas, rng, 8, 0.05, hsl(green + 4, 0.45, 0.34));
  ground(canvas, {
    ridge: wave(rng, level, 0.02, 1),
    near: hsl(green - 10, 0.36, 0.36),
    far: hsl(green - 24, 0.34, 0.22),
    depth: 0.3,
  });
  return level + 0.03;
}

function trunk(
  canvas: Canvas,
  x: number,
  foot: number,
  half: number,
  colour: readonly [number, number, number],
): void {
  rect(canvas, { x0: x - half, y0: 0, x1: x, y1: foot, top: colour });
  rect(canvas, { x0: x, y0: 0, x1: x + half, y1: foot, top: mix(colour, [0, 0, 0], 0.22) });
}

function leaves(
  canvas: Canvas,
  rng: SceneRandom,
  count: number,
  y: number,
  colour: readonly [number, number, number],
): void {
  for (let k = 0; k < count; k++) {
    const r = rng.uniform(0.09, 0.15);
    const tone = mix(colour, white, rng.uniform(0, 0.14));
    disc(canvas, {
      x: (k + rng.uniform()) / count,
      y: y + rng.uniform(-0.07, 0.07),
      rx: r,
      ry: r * 0.8,
      colour: tone,
      alpha: 0.95,
      softness: 0.3,
    });
  }
}
