// Flags that say how large pictures are, and what they are painted over.

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { type Layout, messageOf, type RgbImage } from '@spatiallock/core';
import { readImage } from '@spatiallock/node';
import type { ArgsDef } from 'citty';
import { InputError } from './errors.js';
import { type Flags, number, text, wholeNumber } from './flags.js';

export const pictureArgs = {
  width: {
    type: 'string',
    valueHint: 'pixels',
    description:
      "a multiple of 8 for Stable Diffusion, of 16 for the embedded model; default: the model's own",
  },
  height: { type: 'string', valueHint: 'pixels', description: "as --width; default: the model's own" },
  image: {
    type: 'string',
    valueHint: 'file',
    description: 'a picture to start from; of another size than --width and --height say it is stretched',
  },
  mask: {
    type: 'string',
    valueHint: 'file',
    description: 'a picture, white where --image is painted anew; what is black stays as it is',
  },
  keep: {
    type: 'boolean',
    description:
      'keep all of --image that lies outside of the boxes of the objects: a mask made of the boxes',
  },
  'image-strength': {
    type: 'string',
    valueHint: '0.8',
    description:
      'how far from --image, 0..1: the share of the steps that are sampled; 1 by default with a mask',
  },
} as const satisfies ArgsDef;

const PIXELS = { min: 1, max: 8192 };

/** The layouts with the size that the flags say over their own. */
export function withSize(layouts: readonly Layout[], flags: Flags): readonly Layout[] {
  const width = wholeNumber(flags, 'width', PIXELS);
  const height = wholeNumber(flags, 'height', PIXELS);
  if (width === undefined && height === undefined) return layouts;
  const size = {
    ...(width === undefined ? {} : { width }),
    ...(height === undefined ? {} : { height }),
  };
  return layouts.map((layout) => ({ ...layout, ...size }));
}

/** What is painted over, as options of a pipeline. */
export interface SourceRequest {
  readonly image?: RgbImage;
  readonly mask?: RgbImage | 'boxes';
  readonly strength?: number;
}

/** What is painted over, as records tell it. */
export interface SourceRecord {
  /** Names of the files, and what tells others of that name apart. */
  readonly image?: string;
  readonly imageHash?: string;
  readonly mask?: string;
  readonly maskHash?: string;
  /** Whether all outside of the objects' boxes was kept. */
  readonly keep?: true;
  readonly imageStrength?: number;
}

export interface PaintedOver {
  readonly request: SourceRequest;
  readonly record: SourceRecord;
}

/** Reads the flags and the files that they name; throws an InputError that names the flag at fault. */
export async function readSource(
  flags: Flags,
  cwd: string,
  layouts: readonly Layout[],
): Promise<PaintedOver> {
  const strength = number(flags, 'image-strength', { min: 0, max: 1 });
  const [file, mask, keeps] = [text(flags, 'image'), text(flags, 'mask'), flags.has('keep')];
  if (file === undefined) {
    const idle = ['mask', 'keep', 'image-strength'].find((name) => flags.has(name));
    if (idle !== undefined) throw new InputError(`--${idle}: belongs to --image, the picture to paint over`);
    return { request: {}, record: {} };
  }
  if (keeps && mask !== undefined) {
    throw new InputError('--keep: makes a mask of the boxes; give it or --mask');
  }
  if (keeps && layouts.some(({ objects }) => objects.length === 0)) {
    throw new InputError(
      '--keep: keeps all outside of the boxes, and there is no object; give one by --object',
    );
  }
  const image = await readNamed(file, cwd, '--image');
  const masked = mask === undefined ? undefined : await readNamed(mask, cwd, '--mask');
  return {
    request: {
      image: image.image,
      ...(masked ? { mask: masked.image } : {}),
      ...(keeps ? { mask: 'boxes' as const } : {}),
      ...(strength === undefined ? {} : { strength }),
    },
    record: {
      image: basename(file),
      imageHash: image.hash,
      ...(mask !== undefined && masked ? { mask: basename(mask), maskHash: masked.hash } : {}),
      ...(keeps ? { keep: true as const } : {}),
      ...(strength === undefined ? {} : { imageStrength: strength }),
    },
  };
}

const DIGITS = 16;

async function readNamed(file: string, cwd: string, flag: string) {
  const path = resolve(cwd, file);
  try {
    const [image, bytes] = [await readImage(path), await readFile(path)];
    return { image, hash: createHash('sha256').update(bytes).digest('hex').slice(0, DIGITS) };
  } catch (cause) {
    throw new InputError(`${flag}: ${messageOf(cause).replace(`${path}: `, `${file || 'empty'}: `)}`, {
      cause,
    });
  }
}
