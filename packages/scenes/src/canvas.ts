/** Soft painting on a float picture. Places and sizes are fractions of the side, colours are RGB in 0..255. */
export interface Canvas {
  readonly width: number;
  readonly height: number;
  /** [height, width, 3] */
  readonly data: Float32Array;
}

/** RGB in 0..255. */
export type Colour = readonly [red: number, green: number, blue: number];

/** Hue in degrees, saturation and lightness in 0..1, to RGB. */
export function hsl(hue: number, saturation: number, lightness: number): Colour {
  const amplitude = saturation * Math.min(lightness, 1 - lightness);
  const channel = (n: number): number => {
    const k = (((n + hue / 30) % 12) + 12) % 12;
    return 255 * (lightness - amplitude * Math.max(-1, Math.min(k - 3, 9 - k, 1)));
  };
  return [channel(0), channel(8), channel(4)];
}

/** The colour at `t` (0..1) between two others. */
export const mix = (a: Colour, b: Colour, t: number): Colour => [
  a[0] + (b[0] - a[0]) * t,
  a[1] + (b[1] - a[1]) * t,
  a[2] + (b[2] - a[2]) * t,
];

/** 0 below 0, 1 above 1, smooth between. */
export const smoothstep = (t: number): number => (t <= 0 ? 0 : t >= 1 ? 1 : t * t * (3 - 2 * t));

/** An empty canvas of `width` by `height` pixels. */
export function createCanvas(width: number, height: number): Canvas {
  return { width, height, data: new Float32Array(width * height * 3) };
}

/** A colour at a place of a gradient, 0..1. */
export type Stop = readonly [at: number, colour: Colour];

function colourAt(stops: readonly Stop[], at: number): Colour {
  let k = 1;
  while (k < stops.length - 1 && at > stops[k][0]) k++;
  const [[from, first], [to, second]] = [stops[k - 1], stops[k]];
  return mix(first, second, Math.min(1, Math.max(0, (at - from) / (to - from))));
}

/** Fills rows from `top` to `bottom` with a vertical gradient; its stops run from 0 (top) to 1 (bottom). */
export function gradient({ width, height, data }: Canvas, stops: readonly Stop[], top = 0, bottom = 1): void {
  const first = Math.max(0, Math.round(top * height));
  const last = Math.min(height, Math.round(bottom * height));
  for (let y = first; y < last; y++) {
    const [r, g, b] = colourAt(stops, ((y + 0.5) / height - top) / (bottom - top));
    for (let i = 3 * y * width; i < 3 * (y + 1) * width; i += 3) {
      data[i] = r;
      data[i + 1] = g;
      data[i + 2] = b;
    }
  }
}

/** An ellipse whose alpha falls from `alpha` to 0 over the outer `softness` (0..1) of its radius. */
export function disc(
  { width, height, data }: Canvas,
  shape: { x: number; y: number; rx: number; ry: number; colour: Colour; alpha: number; softness: number },
): void {
  const { colour, alpha, softness } = shape;
  const [cx, cy, rx, ry] = [shape.x * width, shape.y * height, shape.rx * width, shape.ry * height];
  const last = Math.min(height - 1, Math.ceil(cy + ry));
  for (let y = Math.max(0, Math.floor(cy - ry)); y <= last; y++) {
    const dy = (y + 0.5 - cy) / ry;
    const reach = rx * Math.sqrt(Math.max(0, 1 - dy * dy));
    const right = Math.min(width - 1, Math.ceil(cx + reach));
    for (let x = Math.max(0, Math.floor(cx - reach)); x <= right; x++) {
      const dx = (x + 0.5 - cx) / rx;
      const a = alpha * smoothstep((1 - Math.sqrt(dx * dx + dy * dy)) / softness);
      const i = 3 * (y * width + x);
      data[i] += (colour[0] - data[i]) * a;
      data[i + 1] += (colour[1] - data[i + 1]) * a;
      data[i + 2] += (colour[2] - data[i + 2]) * a;
    }
  }
}

/**
 * Fills everything below a ridge line with a gradient that runs from `near` at the ridge to `far` after `depth`.
 * `ridge` gives the height (0 top, 1 bottom) at x in 0..1; the edge is smoothed over one pixel, or `blur` of the side.
 */
export function ground(
  { width, height, data }: Canvas,
  shape: { ridge: (x: number) => number; near: Colour; far: Colour; depth: number; blur?: number },
): void {
  const { near, far, depth } = shape;
  const edge = Math.max(1, (shape.blur ?? 0) * height);
  const tops = Float64Array.from({ length: width }, (_, x) => shape.ridge((x + 0.5) / width) * height);
  const [dr, dg, db] = [far[0] - near[0], far[1] - near[1], far[2] - near[2]];
  const first = Math.max(0, Math.floor(tops.reduce((least, top) => Math.min(least, top)) - edge));
  for (let y = first; y < height; y++) {
    for (let x = 0, i = 3 * y * width; x < width; x++, i += 3) {
      const below = y + 0.5 - tops[x];
      if (below <= -edge) continue;
      const a = edge === 1 ? Math.min(1, Math.max(0, below + 0.5)) : smoothstep(below / edge + 0.5);
      const t = Math.min(1, Math.max(0, below / (depth * height)));
      data[i] += (near[0] + dr * t - data[i]) * a;
      data[i + 1] += (near[1] + dg * t - data[i + 1]) * a;
      data[i + 2] += (near[2] + db * t - data[i + 2]) * a;
    }
  }
}

/** Fills the rectangle from (x0, y0) to (x1, y1) with a vertical gradient from `top` to `bottom`; edges are exact. */
export function rect(
  { width, height, data }: Canvas,
  shape: { x0: number; y0: number; x1: number; y1: number; top: Colour; bottom?: Colour; alpha?: number },
): void {
  const { top, bottom = top, alpha = 1 } = shape;
  const [left, right, high, low] = [shape.x0 * width, shape.x1 * width, shape.y0 * height, shape.y1 * height];
  const [firstX, lastX] = [Math.max(0, Math.floor(left)), Math.min(width, Math.ceil(right))];
  for (let y = Math.max(0, Math.floor(high)); y < Math.min(height, Math.ceil(low)); y++) {
    const rows = Math.min(y + 1, low) - Math.max(y, high);
    const [r, g, b] = mix(top, bottom, Math.min(1, Math.max(0, (y + 0.5 - high) / (low - high))));
    for (let x = firstX; x < lastX; x++) {
      const a = alpha * rows * (Math.min(x + 1, right) - Math.max(x, left));
      const i = 3 * (y * width + x);
      data[i] += (r - data[i]) * a;
      data[i + 1] += (g - data[i + 1]) * a;
      data[i + 2] += (b - data[i + 2]) * a;
    }
  }
}

/** A place, as fractions of the sides. */
export type Point = readonly [x: number, y: number];

/** Fills a convex polygon (corners in either order) with a vertical gradient over its height; edges are smooth. */
export function polygon(
  { width, height, data }: Canvas,
  corners: readonly Point[],
  top: Colour,
  bottom: Colour = top,
  alpha = 1,
): void {
  const points = corners.map(([x, y]): Point => [x * width, y * height]);
  const turn = Math.sign(
    (points[1][0] - points[0][0]) * (points[2][1] - points[1][1]) -
      (points[1][1] - points[0][1]) * (points[2][0] - points[1][0]),
  );
  // Each side as a line with its normal inwards: p x + q y + c is the distance in pixels, and half a pixel more.
  const sides = new Float64Array(3 * points.length);
  for (const [k, [x, y]] of points.entries()) {
    const [nextX, nextY] = points[(k + 1) % points.length];
    const length = Math.max(1e-6, Math.hypot(nextX - x, nextY - y));
    const [p, q] = [(-turn * (nextY - y)) / length, (turn * (nextX - x)) / length];
    sides.set([p, q, 0.5 - p * x - q * y], 3 * k);
  }
  const ys = points.map(([, y]) => y);
  const [high, low] = [Math.min(...ys), Math.max(...ys)];
  for (let y = Math.max(0, Math.floor(high)); y < Math.min(height, Math.ceil(low)); y++) {
    const [r, g, b] = mix(top, bottom, Math.min(1, Math.max(0, (y + 0.5 - high) / (low - high))));
    // Where the row is inside of every side.
    let [left, right] = [0, width];
    for (let k = 0; k < sides.length; k += 3) {
      const rest = sides[k + 1] * (y + 0.5) + sides[k + 2];
      if (sides[k] > 0) left = Math.max(left, -rest / sides[k] - 0.5);
      else if (sides[k] < 0) right = Math.min(right, -rest / sides[k] + 0.5);
      else if (rest <= 0) right = 0;
    }
    for (let x = Math.ceil(left); x < Math.min(width, right); x++) {
      let distance = 1;
      for (let k = 0; k < sides.length; k += 3) {
        const to = sides[k] * (x + 0.5) + sides[k + 1] * (y + 0.5) + sides[k + 2];
        if (to < distance) distance = to;
      }
      if (distance <= 0) continue;
      const a = alpha * distance;
      const i = 3 * (y * width + x);
      data[i] += (r - data[i]) * a;
      data[i + 1] += (g - data[i + 1]) * a;
      data[i + 2] += (b - data[i + 2]) * a;
    }
  }
}
