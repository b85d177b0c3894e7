// Skies by day, at dusk, at night and in the rain, and space.

import { type Canvas, disc, gradient, ground, hsl, mix, polygon } from '../canvas.js';
import type { SceneRandom } from '../random.js';
import { clouds, dots, light, NO_GROUND, pine, wave, white } from './shapes.js';

/** A blue sky with clouds. */
export function sky(canvas: Canvas, rng: SceneRandom): number {
  const hue = rng.uniform(196, 219);
  const top = rng.uniform(0.5, 0.68);
  gradient(canvas, [
    [0, hsl(hue, rng.uniform(0.6, 0.88), top)],
    [1, hsl(hue - rng.uniform(2, 12), 0.75, rng.uniform(top + 0.14, 0.92))],
  ]);
  if (rng.chance(0.3))
    light(canvas, {
      x: rng.uniform(0.1, 0.9),
      y: rng.uniform(0.08, 0.3),
      radius: rng.uniform(0.05, 0.08),
      colour: [255, 246, 196],
    });
  const size = rng.uniform(0.7, 1.3);
  const look = { size: [0.2 * size, 0.42 * size], alpha: [0.5, 0.9] } as const;
  clouds(canvas, rng, rng.between(2, 5), 0.12, 0.92, look);
  return NO_GROUND;
}

/** The sun near the horizon. */
export function sunset(canvas: Canvas, rng: SceneRandom): number {
  const horizon = rng.uniform(0.55, 0.8);
  const shift = rng.uniform(-14, 14);
  const glow = hsl(40 + shift * 0.6, 0.95, rng.uniform(0.66, 0.74));
  gradient(
    canvas,
    [
      [0, hsl(268 + shift, rng.uniform(0.3, 0.5), rng.uniform(0.32, 0.48))],
      [0.4, hsl(325 + shift, 0.5, rng.uniform(0.5, 0.6))],
      [0.75, hsl(18 + shift, 0.85, 0.64)],
      [1, glow],
    ],
    0,
    horizon,
  );
  const x = rng.uniform(0.15, 0.85);
  const radius = rng.uniform(0.07, 0.13);
  if (rng.chance(0.5))
    clouds(canvas, rng, rng.between(1, 3), 0.12, horizon - 0.2, {
      colour: hsl(340 + shift, 0.6, 0.72),
      alpha: [0.3, 0.5],
    });
  disc(canvas, { x, y: horizon, rx: 4 * radius, ry: 3 * radius, colour: glow, alpha: 0.6, softness: 1 });
  const y = horizon - radius * rng.uniform(-0.2, 0.6);
  disc(canvas, { x, y, rx: radius, ry: radius, colour: [255, 244, 205], alpha: 1, softness: 0.15 });
  if (rng.chance(0.4)) {
    const land = hsl(280 + shift, 0.35, 0.2);
    ground(canvas, {
      ridge: wave(rng, horizon + 0.02, 0.03, 1),
      near: mix(land, glow, 0.25),
      far: land,
      depth: 0.3,
    });
    return horizon + 0.06;
  }
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
  return NO_GROUND;
}

/** Stars and a moon. */
export function night(canvas: Canvas, rng: SceneRandom): number {
  const hue = rng.uniform(215, 255);
  gradient(canvas, [
    [0, hsl(hue, 0.58, rng.uniform(0.1, 0.17))],
    [1, hsl(hue + 12, 0.45, rng.uniform(0.28, 0.4))],
  ]);
  dots(canvas, rng, rng.between(12, 26), {
    colour: [255, 250, 225],
    radius: [0.008, 0.017],
    top: 0,
    bottom: 0.72,
  });
  if (rng.chance(0.6)) {
    const [x, y, radius] = [rng.uniform(0.15, 0.85), rng.uniform(0.12, 0.3), rng.uniform(0.05, 0.1)];
    light(canvas, { x, y, radius, colour: [250, 246, 228], glow: 0.28 });
    if (rng.chance(0.4)) {
      const [cx, cy] = [x + radius * 0.5, y - radius * 0.2];
      disc(canvas, {
        x: cx,
        y: cy,
        rx: radius * 0.9,
        ry: radius * 0.9,
        colour: hsl(hue, 0.5, 0.2),
        alpha: 0.95,
        softness: 0.15,
      });
    }
  }
  const level = rng.uniform(0.74, 0.88);
  const dark = hsl(hue, 0.5, 0.1);
  if (rng.chance(0.35)) {
    for (let k = rng.between(3, 6); k > 0; k--)
      pine(canvas, rng.uniform(), level + 0.05, rng.uniform(0.12, 0.24), dark);
  }
  ground(canvas, {
    ridge: wave(rng, level, 0.04, rng.uniform(0.6, 1.4)),
    near: hsl(hue + 4, 0.45, 0.2),
    far: dark,
    depth: 0.25,
  });
  return level + 0.05;
}

/** Rain from a grey sky. */
export function rain(canvas: Canvas, rng: SceneRandom): number {
  const hue = rng.uniform(198, 232);
  const tone = rng.uniform(0.42, 0.58);
  gradient(canvas, [
    [0, hsl(hue, 0.12, tone - 0.12)],
    [1, hsl(hue, 0.14, tone + 0.16)],
  ]);
  clouds(canvas, rng, rng.between(4, 6), 0.02, 0.26, {
    colour: hsl(hue, 0.1, tone - 0.16),
    size: [0.34, 0.6],
    alpha: [0.45, 0.75],
  });
  const level = rng.uniform(0.76, 0.9);
  const floor = hsl(rng.pick([hue, 130]), 0.16, rng.uniform(0.32, 0.4));
  ground(canvas, {
    ridge: wave(rng, level, 0.012, 0.7),
    near: mix(floor, white, 0.15),
    far: floor,
    depth: 0.3,
  });
  for (let k = rng.between(1, 3); k > 0; k--) {
    const [x, y] = [rng.uniform(), rng.uniform(level + 0.04, 0.98)];
    disc(canvas, {
      x,
      y,
      rx: rng.uniform(0.08, 0.16),
      ry: 0.018,
      colour: hsl(hue, 0.25, 0.7),
      alpha: 0.5,
      softness: 0.5,
    });
  }
  const slant = rng.uniform(-0.35, 0.35);
  const drop = hsl(hue, 0.4, 0.86);
  for (let k = rng.between(26, 44); k > 0; k--) {
    const [x, y, length] = [rng.uniform(-0.1, 1.1), rng.uniform(0, 0.94), rng.uniform(0.035, 0.07)];
    const [endX, endY, half] = [x + slant * length, y + length, 0.0028];
    polygon(
      canvas,
      [
        [x - half, y],
        [x + half, y],
        [endX + half, endY],
        [endX - half, endY],
      ],
      drop,
      drop,
      0.7,
    );
  }
  return level + 0.02;
}

/** Planets among stars. */
export function space(canvas: Canvas, rng: SceneRandom): number {
  const hue = rng.uniform(225, 300);
  const dark = rng.uniform(0.03, 0.08);
  gradient(canvas, [
    [0, hsl(hue, 0.6, dark)],
    [1, hsl(hue + rng.uniform(-25, 25), 0.6, dark + 0.05)],
  ]);
  for (let k = rng.between(2, 4); k > 0; k--) {
    const colour = hsl(hue + rng.uniform(-60, 80), 0.7, 0.5);
    const [x, y] = [rng.uniform(), rng.uniform()];
    disc(canvas, {
      x,
      y,
      rx: rng.uniform(0.3, 0.6),
      ry: rng.uniform(0.15, 0.35),
      colour,
      alpha: rng.uniform(0.15, 0.4),
      softness: 1,
    });
  }
  dots(canvas, rng, rng.between(40, 70), { colour: white, radius: [0.003, 0.009], top: 0, bottom: 1 });
  for (let k = rng.between(1, 2); k > 0; k--)
    planet(canvas, rng, rng.uniform(0.1, 0.9), rng.uniform(0.1, 0.9));
  return NO_GROUND;
}

function planet(canvas: Canvas, rng: SceneRandom, x: number, y: number): void {
  const radius = rng.uniform(0.06, 0.14);
  const hue = rng.uniform(0, 360);
  const ball = { rx: radius, ry: radius, softness: 0.08, alpha: 1 };
  disc(canvas, { ...ball, x, y, colour: hsl(hue, 0.5, 0.32) });
  const lit = { x: x - 0.25 * radius, y: y - 0.25 * radius, rx: 0.72 * radius, ry: 0.72 * radius };
  disc(canvas, { ...lit, colour: hsl(hue + 12, 0.55, 0.58), alpha: 0.9, softness: 1 });
  if (rng.chance(0.4)) {
    const ring = hsl(hue + 40, 0.4, 0.7);
    disc(canvas, { x, y, rx: 1.9 * radius, ry: 0.22 * radius, colour: ring, alpha: 0.75, softness: 0.5 });
  }
}
