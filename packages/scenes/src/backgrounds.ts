import { type Canvas, type Colour, disc, gradient, ground, hsl, mix } from './canvas.js';
import { type Random, random } from './random.js';

/** A procedural background and the words a caption uses for it. */
export interface Background {
  readonly name: string;
  /** Endings of a caption, such as "on a beach". */
  readonly places: readonly string[];
  readonly paint: (canvas: Canvas, rng: Random) => void;
}

const white: Colour = [255, 255, 255];

function cloud(canvas: Canvas, rng: Random, x: number, y: number, size: number, alpha: number): void {
  const puffs = rng.int(4, 6);
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

function clouds(canvas: Canvas, rng: Random, count: number, top: number, bottom: number): void {
  for (let k = 0; k < count; k++) {
    const x = (k + rng.uniform(0.1, 0.9)) / count;
    cloud(canvas, rng, x, rng.uniform(top, bottom), rng.uniform(0.22, 0.42), rng.uniform(0.55, 0.8));
  }
}

/** A slow wave around `level`: the line of hills, dunes and shores. */
function wave(rng: Random, level: number, height: number, cycles: number): (x: number) => number {
  const [p, q] = [rng.uniform(0, 2 * Math.PI), rng.uniform(0, 2 * Math.PI)];
  const [f, g] = [rng.uniform(0.6, 1) * cycles, rng.uniform(1.3, 1.9) * cycles];
  return (x) =>
    level + height * (0.7 * Math.sin(p + 2 * Math.PI * f * x) + 0.3 * Math.sin(q + 2 * Math.PI * g * x));
}

function sky(canvas: Canvas, rng: Random): void {
  const hue = rng.uniform(200, 217);
  gradient(canvas, [
    [0, hsl(hue, rng.uniform(0.65, 0.85), rng.uniform(0.56, 0.66))],
    [1, hsl(hue - 6, 0.75, rng.uniform(0.85, 0.91))],
  ]);
  clouds(canvas, rng, rng.int(2, 4), 0.12, 0.92);
}

function sunset(canvas: Canvas, rng: Random): void {
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

function night(canvas: Canvas, rng: Random): void {
  const hue = rng.uniform(222, 250);
  gradient(canvas, [
    [0, hsl(hue, 0.58, rng.uniform(0.1, 0.15))],
    [1, hsl(hue + 12, 0.45, rng.uniform(0.3, 0.38))],
  ]);
  const stars = rng.int(12, 20);
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

function meadow(canvas: Canvas, rng: Random): void {
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
  clouds(canvas, rng, rng.int(1, 2), 0.1, horizon - 0.16);
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

function beach(canvas: Canvas, rng: Random): void {
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
  if (rng.chance(0.6)) clouds(canvas, rng, rng.int(1, 2), 0.1, horizon - 0.08);
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

function studio(canvas: Canvas, rng: Random): void {
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

function snow(canvas: Canvas, rng: Random): void {
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
  const flakes = rng.int(10, 16);
  for (let k = 0; k < flakes; k++) {
    const r = rng.uniform(0.012, 0.022);
    const [x, y] = [rng.uniform(), rng.uniform(0, horizon)];
    disc(canvas, { x, y, rx: r, ry: r, colour: white, alpha: rng.uniform(0.6, 0.95), softness: 0.9 });
  }
}

function sea(canvas: Canvas, rng: Random): void {
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
  const bubbles = rng.int(4, 8);
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

/** The eight backgrounds, in a fixed order. */
export const backgrounds: readonly Background[] = [
  { name: 'sky', places: ['in the sky', 'in a blue sky', 'among the clouds'], paint: sky },
  { name: 'sunset', places: ['at sunset', 'in front of a sunset', 'under a sunset sky'], paint: sunset },
  { name: 'night', places: ['at night', 'under the stars', 'under a starry night sky'], paint: night },
  { name: 'meadow', places: ['in a meadow', 'on a green meadow', 'on the grass'], paint: meadow },
  { name: 'beach', places: ['on a beach', 'at the beach', 'on the sand by the sea'], paint: beach },
  { name: 'studio', places: ['in a studio', 'on a plain background', 'against a plain wall'], paint: studio },
  { name: 'snow', places: ['in the snow', 'on snowy hills', 'in a snowy landscape'], paint: snow },
  { name: 'sea', places: ['under the sea', 'under water', 'at the bottom of the sea'], paint: sea },
];

export const backgroundNames: readonly string[] = backgrounds.map((background) => background.name);

/** Paints the background of that name; the same seed gives the same picture. Throws on an unknown name. */
export function paintBackground(canvas: Canvas, name: string, seed: number): void {
  const background = backgrounds.find((entry) => entry.name === name);
  if (!background)
    throw new Error(`background: "${name}" is unknown; use one of ${backgroundNames.join(', ')}`);
  background.paint(canvas, random(seed, `background ${name}`));
}
