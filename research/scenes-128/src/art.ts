import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { checkText } from '@spatiallock/core/checks';
import sharp from 'sharp';
import { classes } from './classes.js';

/** One resolution of a sprite: premultiplied RGBA, rows from the top, values 0..255. */
export interface SpriteLevel {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** A picture trimmed to the box where its alpha is above one half; level k is 2^k times smaller. */
export interface Sprite {
  readonly label: string;
  readonly levels: readonly SpriteLevel[];
}

/** The art of all classes, in their order. Pixels lie in shared memory, so that threads need no copy. */
export interface Art {
  readonly sprites: readonly Sprite[];
}

const LEVELS = 4;

const assetFolder = (): string =>
  join(dirname(createRequire(import.meta.url).resolve('@lobehub/fluent-emoji-3d/package.json')), 'assets');

interface Raw {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** The box [left, top, right, bottom) of pixels whose alpha is at least one half. */
export function alphaBox({ width, height, data }: Raw): [number, number, number, number] {
  let [left, top, right, bottom] = [width, height, 0, 0];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (data[4 * (y * width + x) + 3] < 128) continue;
      left = Math.min(left, x);
      right = Math.max(right, x + 1);
      top = Math.min(top, y);
      bottom = y + 1;
    }
  }
  return [left, top, right, bottom];
}

const sharedBytes = (length: number): Uint8Array => new Uint8Array(new SharedArrayBuffer(length));

function trimmed(raw: Raw): SpriteLevel {
  const [left, top, right, bottom] = alphaBox(raw);
  const [width, height] = [right - left, bottom - top];
  const data = sharedBytes(4 * width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = 4 * ((y + top) * raw.width + x + left);
      const to = 4 * (y * width + x);
      const alpha = raw.data[from + 3];
      for (let c = 0; c < 3; c++) data[to + c] = Math.round((raw.data[from + c] * alpha) / 255);
      data[to + 3] = alpha;
    }
  }
  return { width, height, data };
}

/** Halves a level by averaging; odd sizes are resampled so that both edges keep their place. */
function halved(source: SpriteLevel): SpriteLevel {
  const width = Math.max(1, Math.round(source.width / 2));
  const height = Math.max(1, Math.round(source.height / 2));
  const data = sharedBytes(4 * width * height);
  for (let y = 0; y < height; y++) {
    const rows = coverage(y, source.height / height, source.height);
    for (let x = 0; x < width; x++) {
      const columns = coverage(x, source.width / width, source.width);
      for (let c = 0; c < 4; c++) {
        let sum = 0;
        for (const [row, wy] of rows) {
          for (const [column, wx] of columns)
            sum += wy * wx * source.data[4 * (row * source.width + column) + c];
        }
        data[4 * (y * width + x) + c] = Math.round(sum);
      }
    }
  }
  return { width, height, data };
}

/** Which source cells a target cell covers, with weights that sum to 1. */
function coverage(index: number, scale: number, length: number): [index: number, weight: number][] {
  const [low, high] = [index * scale, (index + 1) * scale];
  const cells: [number, number][] = [];
  for (let i = Math.floor(low); i < Math.min(length, Math.ceil(high - 1e-9)); i++) {
    cells.push([i, (Math.min(high, i + 1) - Math.max(low, i)) / scale]);
  }
  return cells;
}

async function loadSprite(label: string, path: string): Promise<Sprite> {
  const { data, info } = await sharp(path).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  const levels = [trimmed({ width: info.width, height: info.height, data })];
  while (levels.length < LEVELS) levels.push(halved(levels[levels.length - 1]));
  return { label, levels };
}

/**
 * Loads the art of all 64 classes from `@lobehub/fluent-emoji-3d`, about half a second once per process.
 * Throws when the package or one of its files is missing.
 */
export async function loadArt(folder = assetFolder()): Promise<Art> {
  checkText(folder, 'folder', 'the path of a folder');
  const load = async ({ label, asset }: (typeof classes)[number]): Promise<Sprite> => {
    const path = join(folder, `${asset}.webp`);
    try {
      return await loadSprite(label, path);
    } catch (cause) {
      throw new Error(`art of "${label}": cannot read ${path}; is @lobehub/fluent-emoji-3d installed?`, {
        cause,
      });
    }
  };
  return { sprites: await Promise.all(classes.map(load)) };
}
