import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { checkObject, checkText, checkVector, checkWhole } from '@spatiallock/core/checks';
import sharp from 'sharp';
import { classes, type SceneClass } from './classes.js';
import type { ColourWord } from './colours/rule.js';
import { allowedColours } from './colours/wardrobe.js';

/** One resolution of a sprite: premultiplied RGBA, rows from the top, values 0..255. */
export interface SpriteLevel {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** A picture trimmed to the box where its alpha is above one half; level k is 2^k times smaller. */
export interface Sprite {
  readonly label: string;
  /** Natural width / height. */
  readonly aspect: number;
  /** Colours that it is known in, beside its own. */
  readonly colours: readonly ColourWord[];
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

const SIDE = { min: 1, max: 2 ** 20 };

function checkRaw(picture: Raw): void {
  checkObject(picture, 'picture');
  checkWhole(picture.width, SIDE, 'picture.width');
  checkWhole(picture.height, SIDE, 'picture.height');
  checkVector(picture.data, 'picture.data', 4 * picture.width * picture.height);
}

/** The box [left, top, right, bottom) of pixels whose alpha is at least one half. */
export function alphaBox(picture: Raw): [number, number, number, number] {
  checkRaw(picture);
  const { width, height, data } = picture;
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

/**
 * Clears every pixel that is not connected to the one at (x, y); pictures of two things keep one of them.
 * Neighbours share a side, and alpha of more than 40 connects.
 */
export function keepPart({ width, height, data }: Raw, [x, y]: readonly [number, number]): void {
  const kept = new Uint8Array(width * height);
  const open = [y * width + x];
  kept[open[0]] = 1;
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const column = at % width;
    const near = [at - width, at + width, column > 0 ? at - 1 : -1, column < width - 1 ? at + 1 : -1];
    for (const next of near) {
      if (next < 0 || next >= kept.length || kept[next] || data[4 * next + 3] <= 40) continue;
      kept[next] = 1;
      open.push(next);
    }
  }
  for (let i = 0; i < kept.length; i++) if (!kept[i]) data[4 * i + 3] = 0;
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
  const columns = coverage(width, source.width);
  const rows = coverage(height, source.height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let [r, g, b, a] = [0, 0, 0, 0];
      for (let j = 3 * y; j < 3 * y + 3; j++) {
        const from = rows.first[y] + j - 3 * y;
        if (from >= source.height) break;
        for (let i = 3 * x; i < 3 * x + 3; i++) {
          const column = columns.first[x] + i - 3 * x;
          if (column >= source.width) break;
          const weight = rows.weight[j] * columns.weight[i];
          const at = 4 * (from * source.width + column);
          r += weight * source.data[at];
          g += weight * source.data[at + 1];
          b += weight * source.data[at + 2];
          a += weight * source.data[at + 3];
        }
      }
      const to = 4 * (y * width + x);
      data[to] = Math.round(r);
      data[to + 1] = Math.round(g);
      data[to + 2] = Math.round(b);
      data[to + 3] = Math.round(a);
    }
  }
  return { width, height, data };
}

/** For each target cell: its first source cell, and the weights of that and the next two; they sum to 1. */
function coverage(target: number, source: number): { first: Int32Array; weight: Float64Array } {
  const scale = source / target;
  const first = new Int32Array(target);
  const weight = new Float64Array(3 * target);
  for (let i = 0; i < target; i++) {
    const [low, high] = [i * scale, (i + 1) * scale];
    first[i] = Math.floor(low);
    for (let k = 0; k < 3; k++) {
      const cell = first[i] + k;
      weight[3 * i + k] = Math.max(0, Math.min(high, cell + 1) - Math.max(low, cell)) / scale;
    }
  }
  return { first, weight };
}

/** A picture with an alpha channel as a sprite of that label; `part` is a point in the connected part that is kept. */
export async function loadSprite(source: SpriteSource, path: string): Promise<Sprite> {
  checkText(checkObject(source, 'source').label, 'source.label');
  checkText(path, 'path', 'the path of a picture');
  const { label, part, aspect, colours = [] } = source;
  const { data, info } = await sharp(path).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  const raw = { width: info.width, height: info.height, data };
  if (part) keepPart(raw, part);
  const levels = [trimmed(raw)];
  while (levels.length < LEVELS) levels.push(halved(levels[levels.length - 1]));
  const [{ width, height }] = levels;
  return { label, aspect: aspect ?? width / height, colours, levels };
}

/** What a sprite is; by default its aspect is that of its pixels, and it has its own colours alone. */
type SpriteSource = Pick<SceneClass, 'label' | 'part'> & Partial<Pick<Sprite, 'aspect' | 'colours'>>;

/**
 * Loads the art of all classes, about a second once per process. `folder` holds the WebP files by code point;
 * default: the assets of `@lobehub/fluent-emoji-3d`. Throws when one of the files is missing.
 */
export async function loadArt(folder = assetFolder()): Promise<Art> {
  checkText(folder, 'folder', 'the path of a folder');
  const load = async (entry: SceneClass): Promise<Sprite> => {
    const path = join(folder, `${entry.asset}.webp`);
    try {
      return await loadSprite({ ...entry, colours: allowedColours[entry.index] }, path);
    } catch (cause) {
      throw new Error(
        `art of "${entry.label}": cannot read ${path}; is @lobehub/fluent-emoji-3d installed?`,
        { cause },
      );
    }
  };
  return { sprites: await Promise.all(classes.map(load)) };
}
