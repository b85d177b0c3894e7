// Shapes that several backgrounds share.

import { type Canvas, type Colour, disc, mix, polygon, rect } from '../canvas.js';
import type { SceneRandom } from '../random.js';

/** White. */
export const white: Colour = [255, 255, 255];

/** What a painter returns when nothing in its picture is a floor to stand on. */
export const NO_GROUND = 2;

interface CloudLook {
  readonly colour?: Colour;
  /** Width / the side. */
  readonly size?: readonly [number, number];
  readonly alpha?: readonly [number, number];
}

function cloud(
  canvas: Canvas,
  rng: SceneRandom,
  at: { x: number; y: number; size: number; alpha: number; colour: Colour },
): void {
  const puffs = rng.between(4, 6);
  for (let k = 0; k < puffs; k++) {
    const along = k / (puffs - 1) - 0.5;
    const rx = at.size * rng.uniform(0.24, 0.34) * (1.15 - Math.abs(along));
    disc(canvas, {
      x: at.x + along * at.size,
      y: at.y - rx * 0.45 + rng.uniform(-0.03, 0.03) * at.size,
      rx,
      ry: rx * rng.uniform(0.7, 0.9),
      colour: at.colour,
      alpha: at.alpha,
      softness: 0.75,
    });
  }
}

/** `count` clouds between the heights `top` and `bottom`. */
export function clouds(
  canvas: Canvas,
  rng: SceneRandom,
  count: number,
  top: number,
  bottom: number,
  { colour = white, size = [0.22, 0.42], alpha = [0.55, 0.8] }: CloudLook = {},
): void {
  for (let k = 0; k < count; k++) {
    const x = (k + rng.uniform(0.1, 0.9)) / count;
    const y = rng.uniform(top, bottom);
    cloud(canvas, rng, { x, y, size: rng.uniform(...size), alpha: rng.uniform(...alpha), colour });
  }
}

/** A slow wave around `level`: the line of hills, dunes and shores. */
export function wave(rng: SceneRandom, level: number, height: number, cycles: number): (x: number) => number {
  const [p, q] = [rng.uniform(0, 2 * Math.PI), rng.uniform(0, 2 * Math.PI)];
  const [f, g] = [rng.uniform(0.6, 1) * cycles, rng.uniform(1.3, 1.9) * cycles];
  return (x) =>
    level + height * (0.7 * Math.sin(p + 2 * Math.PI * f * x) + 0.3 * Math.sin(q + 2 * Math.PI * g * x));
}

/** A jagged line around `level`: peaks and ridges, `corners` of them. */
export function ridge(
  rng: SceneRandom,
  level: number,
  height: number,
  corners: number,
): (x: number) => number {
  const heights = Array.from(
    { length: corners + 2 },
    (_, k) => level + height * (k % 2 === 0 ? rng.uniform(-1, -0.25) : rng.uniform(0.1, 0.9)),
  );
  const shift = rng.uniform();
  return (x) => {
    const at = x * corners + shift;
    const k = Math.min(corners, Math.floor(at));
    return heights[k] + (heights[k + 1] - heights[k]) * (at - k);
  };
}

/** A bright disc with a glow around it: the sun or the moon. */
export function light(
  canvas: Canvas,
  at: { x: number; y: number; radius: number; colour: Colour; glow?: number },
): void {
  const { x, y, radius, colour, glow = 0.45 } = at;
  disc(canvas, { x, y, rx: 3 * radius, ry: 3 * radius, colour, alpha: glow, softness: 1 });
  disc(canvas, { x, y, rx: radius, ry: radius, colour, alpha: 1, softness: 0.15 });
}

/** A pine: three stacked triangles and a trunk, its foot at (x, y). */
export function pine(canvas: Canvas, x: number, y: number, height: number, colour: Colour): void {
  const trunk = mix(colour, [70, 45, 30], 0.7);
  rect(canvas, { x0: x - 0.035 * height, y0: y - 0.2 * height, x1: x + 0.035 * height, y1: y, top: trunk });
  for (const [low, high, half] of [
    [0.12, 0.58, 0.26],
    [0.35, 0.8, 0.21],
    [0.58, 1, 0.15],
  ]) {
    const corners = [
      [x - half * height, y - low * height],
      [x + half * height, y - low * height],
      [x, y - high * height],
    ] as const;
    polygon(canvas, corners, mix(colour, white, 0.12), mix(colour, [0, 0, 0], 0.15));
  }
}

/** A bush: a heap of leaves on the ground at (x, y). */
export function bush(
  canvas: Canvas,
  rng: SceneRandom,
  at: { x: number; y: number; height: number; colour: Colour },
): void {
  const { x, y, height, colour } = at;
  for (const [dx, dy, r] of [
    [-0.55, 0.3, 0.42],
    [0.6, 0.26, 0.38],
    [0, 0.5, 0.52],
  ]) {
    const tone = mix(colour, white, rng.uniform(0, 0.14));
    const radius = r * height;
    disc(canvas, {
      x: x + dx * height,
      y: y - dy * height,
      rx: radius,
      ry: radius,
      colour: tone,
      alpha: 1,
      softness: 0.3,
    });
  }
}

/** Small soft dots: stars, flakes, bubbles. */
export function dots(
  canvas: Canvas,
  rng: SceneRandom,
  count: number,
  look: {
    colour: Colour;
    radius: readonly [number, number];
    top: number;
    bottom: number;
    alpha?: readonly [number, number];
    softness?: number;
  },
): void {
  const { colour, radius, top, bottom, alpha = [0.5, 0.95], softness = 1 } = look;
  for (let k = 0; k < count; k++) {
    const r = rng.uniform(...radius);
    const [x, y] = [rng.uniform(), rng.uniform(top, bottom)];
    disc(canvas, { x, y, rx: r, ry: r, colour, alpha: rng.uniform(...alpha), softness });
  }
}
