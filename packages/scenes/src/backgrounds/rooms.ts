// Closed places: a studio, a living room and the bottom of the sea.

import { type Canvas, type Colour, disc, gradient, ground, hsl, mix, rect } from '../canvas.js';
import type { SceneRandom } from '../random.js';
import { dots, NO_GROUND, wave, white } from './shapes.js';

/** A plain wall and floor. */
export function studio(canvas: Canvas, rng: SceneRandom): number {
  const hue = rng.uniform(0, 360);
  const pale = rng.chance(0.3);
  const saturation = pale ? rng.uniform(0, 0.2) : rng.uniform(0.2, 0.75);
  const wall = hsl(hue, saturation, rng.uniform(pale ? 0.6 : 0.45, 0.86));
  const floor = rng.chance(0.3)
    ? hsl(hue + rng.uniform(-60, 60), saturation * 0.6, 0.8)
    : mix(wall, white, 0.4);
  const corner = rng.uniform(0.6, 0.82);
  const blur = rng.pick([0.06, 0.02, 0.006]);
  gradient(canvas, [
    [0, wall],
    [corner - blur, mix(wall, white, 0.12)],
    [corner + blur, floor],
    [1, mix(floor, wall, 0.3)],
  ]);
  const [x, y] = [rng.uniform(0.2, 0.8), rng.uniform(0.15, 0.5)];
  disc(canvas, {
    x,
    y,
    rx: rng.uniform(0.5, 0.9),
    ry: 0.65,
    colour: white,
    alpha: rng.uniform(0.2, 0.5),
    softness: 1,
  });
  return corner;
}

/** A wall with a skirting board, a floor of boards, and a window, a picture or a rug. */
export function room(canvas: Canvas, rng: SceneRandom): number {
  const corner = rng.uniform(0.62, 0.76);
  const wall = hsl(rng.uniform(0, 360), rng.uniform(0.1, 0.4), rng.uniform(0.68, 0.84));
  const wood = hsl(rng.uniform(18, 36), rng.uniform(0.3, 0.5), rng.uniform(0.34, 0.56));
  gradient(
    canvas,
    [
      [0, mix(wall, white, 0.15)],
      [1, mix(wall, [0, 0, 0], 0.06)],
    ],
    0,
    corner,
  );
  if (rng.chance(0.35)) {
    const stripe = mix(wall, white, 0.22);
    const count = rng.between(5, 9);
    for (let k = 0; k < count; k++)
      rect(canvas, { x0: k / count, y0: 0, x1: (k + 0.5) / count, y1: corner, top: stripe, alpha: 0.6 });
  }
  gradient(
    canvas,
    [
      [0, mix(wood, white, 0.1)],
      [1, mix(wood, white, 0.25)],
    ],
    corner,
    1,
  );
  const boards = rng.between(3, 4);
  for (let k = 1; k <= boards; k++) {
    const y = corner + (1 - corner) * (k / (boards + 1)) ** 1.3;
    rect(canvas, { x0: 0, y0: y, x1: 1, y1: y + 0.006, top: mix(wood, [0, 0, 0], 0.3), alpha: 0.7 });
  }
  rect(canvas, {
    x0: 0,
    y0: corner - 0.028,
    x1: 1,
    y1: corner,
    top: [250, 248, 244],
    bottom: [226, 222, 216],
  });
  const left = rng.uniform(0.06, 0.5);
  if (rng.chance(0.75)) frame(canvas, rng, left, rng.uniform(0.08, 0.16));
  if (rng.chance(0.5)) frame(canvas, rng, left > 0.28 ? rng.uniform(0.01, left - 0.26) : left + 0.4, 0.14);
  if (rng.chance(0.6)) {
    const rug = hsl(rng.uniform(0, 360), rng.uniform(0.3, 0.6), rng.uniform(0.45, 0.65));
    const [x, y, rx] = [rng.uniform(0.3, 0.7), (corner + 1) / 2 + 0.02, rng.uniform(0.25, 0.4)];
    const ry = (1 - corner) * 0.34;
    disc(canvas, { x, y, rx, ry, colour: rug, alpha: 0.95, softness: 0.06 });
    disc(canvas, {
      x,
      y,
      rx: rx * 0.8,
      ry: ry * 0.78,
      colour: mix(rug, white, 0.3),
      alpha: 0.95,
      softness: 0.06,
    });
  }
  return corner + 0.02;
}

/** A window with a view of the sky, or a picture on the wall. */
function frame(canvas: Canvas, rng: SceneRandom, x: number, y: number): void {
  const window = rng.chance(0.55);
  const [width, height] = [rng.uniform(0.2, 0.32), rng.uniform(0.2, 0.34)];
  const edge = 0.016;
  const rim: Colour = window ? [250, 250, 248] : hsl(rng.uniform(20, 40), 0.4, rng.uniform(0.25, 0.5));
  rect(canvas, { x0: x, y0: y, x1: x + width, y1: y + height, top: rim });
  const hue = window ? 205 : rng.uniform(0, 360);
  rect(canvas, {
    x0: x + edge,
    y0: y + edge,
    x1: x + width - edge,
    y1: y + height - edge,
    top: hsl(hue, 0.7, window ? 0.72 : 0.75),
    bottom: hsl(window ? 200 : hue + 40, 0.7, window ? 0.9 : 0.55),
  });
  if (!window) return;
  rect(canvas, { x0: x + width / 2 - 0.006, y0: y, x1: x + width / 2 + 0.006, y1: y + height, top: rim });
  rect(canvas, { x0: x, y0: y + height / 2 - 0.006, x1: x + width, y1: y + height / 2 + 0.006, top: rim });
}

/** The bottom of the sea. */
export function sea(canvas: Canvas, rng: SceneRandom): number {
  const hue = rng.uniform(172, 210);
  gradient(canvas, [
    [0, hsl(hue - 6, 0.72, rng.uniform(0.58, 0.74))],
    [0.5, hsl(hue + 4, 0.75, rng.uniform(0.4, 0.5))],
    [1, hsl(hue + 16, 0.7, rng.uniform(0.22, 0.34))],
  ]);
  const glow = { y: -0.05, colour: hsl(hue - 14, 0.8, 0.9), softness: 1 };
  disc(canvas, { ...glow, x: rng.uniform(0.15, 0.85), rx: 0.6, ry: 0.55, alpha: 0.65 });
  for (let k = rng.between(0, 3); k > 0; k--)
    disc(canvas, { ...glow, x: rng.uniform(), rx: 0.07, ry: 0.8, alpha: 0.3 });
  const level = rng.uniform(0.82, 0.93);
  if (rng.chance(0.6)) {
    for (let k = rng.between(2, 5); k > 0; k--) weed(canvas, rng, rng.uniform(), level + 0.03);
  }
  const sand = rng.uniform(36, 50);
  ground(canvas, {
    ridge: wave(rng, level, 0.025, 1),
    near: hsl(sand, 0.38, rng.uniform(0.55, 0.66)),
    far: hsl(sand - 4, 0.3, 0.46),
    depth: 0.2,
    blur: 0.03,
  });
  const colour = hsl(hue - 10, 0.7, 0.9);
  dots(canvas, rng, rng.between(5, 12), {
    colour,
    radius: [0.008, 0.026],
    top: 0.08,
    bottom: 0.8,
    alpha: [0.35, 0.65],
    softness: 0.5,
  });
  return NO_GROUND;
}

function weed(canvas: Canvas, rng: SceneRandom, x: number, foot: number): void {
  const colour = hsl(rng.uniform(90, 165), 0.5, rng.uniform(0.25, 0.4));
  const [height, sway, phase] = [rng.uniform(0.1, 0.26), rng.uniform(0.008, 0.016), rng.uniform(0, 6)];
  for (let k = 0; k < 8; k++) {
    const t = k / 7;
    const radius = 0.018 * (1.1 - 0.8 * t);
    disc(canvas, {
      x: x + sway * Math.sin(phase + 5 * t),
      y: foot - t * height,
      rx: radius,
      ry: height / 11,
      colour,
      alpha: 0.95,
      softness: 0.4,
    });
  }
}
