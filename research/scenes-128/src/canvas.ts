/** Soft painting on a float picture. Places and sizes are fractions of the side, colours are RGB in 0..255. */
export interface Canvas {
  readonly width: number;
  readonly height: number;
  /** [height, width, 3] */
  readonly data: Float32Array;
}

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
  for (let x = 0; x < width; x++) {
    const top = shape.ridge((x + 0.5) / width) * height;
    for (let y = Math.max(0, Math.floor(top - edge)); y < height; y++) {
      const below = y + 0.5 - top;
      const a = edge === 1 ? Math.min(1, Math.max(0, below + 0.5)) : smoothstep(below / edge + 0.5);
      const t = Math.min(1, Math.max(0, below / (depth * height)));
      const i = 3 * (y * width + x);
      for (let c = 0; c < 3; c++) data[i + c] += (near[c] + (far[c] - near[c]) * t - data[i + c]) * a;
    }
  }
}
