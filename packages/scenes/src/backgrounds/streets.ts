// Where people live and drive: a city and a road through the country.

import { type Canvas, type Colour, disc, gradient, ground, hsl, mix, polygon, rect } from '../canvas.js';
import type { SceneRandom } from '../random.js';
import { bush, clouds, wave, white } from './shapes.js';

/** Houses side by side behind a pavement and a street. */
export function city(canvas: Canvas, rng: SceneRandom): number {
  const dusk = rng.chance(0.3);
  const hue = rng.uniform(196, 216);
  const street = rng.uniform(0.7, 0.8);
  gradient(canvas, [
    [0, dusk ? hsl(248, 0.36, 0.42) : hsl(hue, 0.6, rng.uniform(0.66, 0.76))],
    [0.7, dusk ? hsl(18, 0.7, 0.72) : hsl(hue, 0.6, 0.92)],
    [1, dusk ? hsl(30, 0.7, 0.75) : hsl(hue, 0.6, 0.93)],
  ]);
  if (!dusk) clouds(canvas, rng, rng.between(1, 2), 0.06, 0.26);
  const haze: Colour = dusk ? hsl(270, 0.2, 0.5) : hsl(hue, 0.24, 0.78);
  for (let x = -0.05; x < 1; ) {
    const width = rng.uniform(0.08, 0.16);
    rect(canvas, {
      x0: x,
      y0: street - rng.uniform(0.4, 0.62),
      x1: x + width,
      y1: street,
      top: haze,
      bottom: mix(haze, white, 0.3),
    });
    x += width + rng.uniform(0, 0.03);
  }
  for (let x = rng.uniform(-0.1, 0); x < 1; ) {
    const width = rng.uniform(0.16, 0.26);
    house(canvas, rng, { x, width, top: street - rng.uniform(0.2, 0.5), foot: street, dusk });
    x += width + rng.uniform(0, 0.06);
  }
  rect(canvas, {
    x0: 0,
    y0: street,
    x1: 1,
    y1: street + 0.05,
    top: [188, 186, 190],
    bottom: [168, 166, 172],
  });
  const asphalt = hsl(250, 0.06, rng.uniform(0.3, 0.42));
  gradient(
    canvas,
    [
      [0, asphalt],
      [1, mix(asphalt, white, 0.14)],
    ],
    street + 0.05,
    1,
  );
  const [y, shift] = [(street + 1.08) / 2, rng.uniform()];
  for (let k = -1; k < 5; k++)
    rect(canvas, {
      x0: (k + shift) / 4,
      y0: y,
      x1: (k + shift) / 4 + 0.13,
      y1: y + 0.014,
      top: [240, 236, 214],
    });
  return street + 0.02;
}

function house(
  canvas: Canvas,
  rng: SceneRandom,
  { x, width, top, foot, dusk }: { x: number; width: number; top: number; foot: number; dusk: boolean },
): void {
  const tone = hsl(rng.pick([8, 20, 30, 42, 200, 220, 280]), rng.uniform(0.12, 0.45), rng.uniform(0.5, 0.76));
  const wall = dusk ? mix(tone, [40, 36, 70], 0.45) : tone;
  rect(canvas, { x0: x, y0: top, x1: x + width, y1: foot, top: wall, bottom: mix(wall, [0, 0, 0], 0.12) });
  rect(canvas, {
    x0: x - 0.006,
    y0: top - 0.014,
    x1: x + width + 0.006,
    y1: top + 0.006,
    top: mix(wall, [0, 0, 0], 0.3),
  });
  const columns = width > 0.21 ? 3 : 2;
  const pane: Colour = dusk ? [255, 222, 140] : hsl(205, 0.35, 0.42);
  const dark = mix(wall, [0, 0, 0], 0.35);
  for (let y = top + 0.035; y < foot - 0.075; y += 0.085) {
    for (let k = 0; k < columns; k++) {
      const left = x + (width * (k + 0.5)) / columns - 0.02;
      rect(canvas, {
        x0: left,
        y0: y,
        x1: left + 0.04,
        y1: y + 0.048,
        top: dusk && rng.chance(0.4) ? dark : pane,
      });
    }
  }
}

/** A road that runs to the horizon through fields. */
export function road(canvas: Canvas, rng: SceneRandom): number {
  const horizon = rng.uniform(0.42, 0.56);
  const hue = rng.uniform(196, 214);
  gradient(
    canvas,
    [
      [0, hsl(hue, 0.65, rng.uniform(0.62, 0.74))],
      [1, hsl(hue - 4, 0.75, 0.93)],
    ],
    0,
    horizon + 0.04,
  );
  clouds(canvas, rng, rng.between(1, 3), 0.08, horizon - 0.14);
  const dry = rng.chance(0.4);
  const field = dry
    ? hsl(rng.uniform(36, 52), 0.5, 0.6)
    : hsl(rng.uniform(76, 120), 0.4, rng.uniform(0.42, 0.52));
  const hills = mix(field, hsl(hue, 0.4, 0.7), 0.5);
  ground(canvas, { ridge: wave(rng, horizon - 0.02, 0.03, 1), near: hills, far: hills, depth: 0.2 });
  ground(canvas, {
    ridge: () => horizon + 0.015,
    near: mix(field, white, 0.14),
    far: mix(field, [0, 0, 0], 0.12),
    depth: 0.5,
  });
  for (let k = rng.between(0, 3); k > 0; k--) {
    const x = rng.chance(0.5) ? rng.uniform(0, 0.25) : rng.uniform(0.75, 1);
    bush(canvas, rng, {
      x,
      y: horizon + rng.uniform(0.02, 0.06),
      height: rng.uniform(0.05, 0.09),
      colour: hsl(rng.uniform(80, 140), 0.38, 0.36),
    });
  }
  const vanish = rng.uniform(0.35, 0.65);
  const middle = rng.uniform(0.42, 0.58);
  const asphalt = hsl(240, 0.05, rng.uniform(0.34, 0.46));
  const edges = (y: number): [number, number] => {
    const t = (y - horizon) / (1 - horizon);
    return [vanish + (middle - vanish) * t, 0.012 + 0.46 * t];
  };
  const band = (from: number, to: number, at: number, half: number, colour: Colour): void => {
    const [[c0, w0], [c1, w1]] = [edges(from), edges(to)];
    const corners = [
      [c0 + (at - half) * w0, from],
      [c0 + (at + half) * w0, from],
      [c1 + (at + half) * w1, to],
      [c1 + (at - half) * w1, to],
    ] as const;
    polygon(canvas, corners, colour, mix(colour, white, 0.06));
  };
  band(horizon + 0.012, 1.02, 0, 1, asphalt);
  for (const side of [-0.9, 0.9]) band(horizon + 0.012, 1.02, side, 0.025, [238, 236, 230]);
  const paint: Colour = rng.chance(0.5) ? [240, 238, 232] : [238, 196, 70];
  for (const [from, to] of [
    [0.06, 0.14],
    [0.22, 0.36],
    [0.5, 0.72],
    [0.9, 1.02],
  ]) {
    band(horizon + from * (1 - horizon), horizon + to * (1 - horizon), 0, 0.035, paint);
  }
  disc(canvas, {
    x: vanish,
    y: horizon + 0.015,
    rx: 0.12,
    ry: 0.012,
    colour: hills,
    alpha: 0.8,
    softness: 1,
  });
  return horizon + 0.06;
}
