// The experiment's pictures: real scenes, and generated ones that are kept on disk.

import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LabelledBox, Layout, RgbImage } from '@spatiallock/core';
import { writeCoco } from '@spatiallock/data';
import { readImage, writeFileAtomically, writePng } from '@spatiallock/node';
import {
  type Art,
  askedOf,
  classLabels,
  planScene,
  renderBatch,
  type SceneOptions,
  type ScenePlan,
} from '@spatiallock/research-scenes-128';

/** A picture and the boxes that it is said to hold. */
export interface LabelledPicture {
  readonly image: RgbImage;
  readonly objects: readonly LabelledBox[];
}

/** Seeds of scenes, beyond those of every training of this repository. */
const SEEDS = { real: 50_000_000, layouts: 51_000_000, heldOut: 52_000_000 };

/** Paints layouts; picture i of them has the noise of `seed + i`. */
export type Painter = (layouts: readonly Layout[], seed: number) => Promise<readonly RgbImage[]>;

const seedsFrom = (first: number, count: number): number[] =>
  Array.from({ length: count }, (_, k) => first + k);

function scenes(art: Art, seeds: readonly number[], options: SceneOptions): LabelledPicture[] {
  const { images, plans, size } = renderBatch(art, seeds, options);
  const bytes = 3 * size * size;
  return plans.map(({ objects }, n) => ({
    image: {
      width: size,
      height: size,
      channels: 3,
      data: new Uint8ClampedArray(images.buffer, images.byteOffset + n * bytes, bytes),
    },
    objects,
  }));
}

/** The small real set. */
export const realPictures = (art: Art, count: number): LabelledPicture[] =>
  scenes(art, seedsFrom(SEEDS.real, count), { split: 'train' });

/** Real scenes of the split that no training sees, with every pair of class and background. */
export const heldOutPictures = (art: Art, count: number): LabelledPicture[] =>
  scenes(art, seedsFrom(SEEDS.heldOut, count), { split: 'heldout', pairs: 'any' });

/** The layout that picture k of the generated ones was asked for. */
const planOf = (k: number): ScenePlan => planScene(SEEDS.layouts + k, { split: 'train' });

const nameOf = (k: number): string => `${String(k).padStart(5, '0')}.png`;

export interface GeneratedOptions {
  /** Holds the pictures, `labels.json` in COCO's format, and `model.json`, which tells what painted them. */
  readonly folder: string;
  readonly count: number;
  readonly paint: Painter;
  /** What the pictures depend on; a folder made by another is refused. */
  readonly model: Readonly<Record<string, unknown>>;
  readonly signal: AbortSignal;
  readonly onProgress: (done: number) => void;
}

/** Pictures painted at once; a kill loses at most these. */
const CHUNK = 8;

/** Generated pictures with the boxes that were asked for. Those that the folder holds already are read from there. */
export async function generatedPictures(options: GeneratedOptions): Promise<LabelledPicture[]> {
  const { folder, count, paint, signal, onProgress } = options;
  if (count === 0) return [];
  await mkdir(folder, { recursive: true });
  await requireSameModel(folder, options.model);
  const plans = Array.from({ length: count }, (_, k) => planOf(k));
  const there = new Set(await readdir(folder));
  for (let first = 0; first < count; first += CHUNK) {
    signal.throwIfAborted();
    const chunk = plans.slice(first, first + CHUNK);
    const missing = chunk.some((_, i) => !there.has(nameOf(first + i)));
    if (missing) {
      const images = await paint(chunk.map(layoutOf), first);
      for (const [i, image] of images.entries()) await writePng(join(folder, nameOf(first + i)), image);
    }
    onProgress(Math.min(count, first + CHUNK));
  }
  const images = await Promise.all(plans.map((_, k) => readImage(join(folder, nameOf(k)))));
  const coco = writeCoco(
    plans.map(({ caption, objects }, k) => {
      const { width, height } = images[k]!;
      return { fileName: nameOf(k), width, height, caption, objects };
    }),
    classLabels,
  );
  await writeFileAtomically(join(folder, 'labels.json'), `${JSON.stringify(coco)}\n`);
  return plans.map(({ objects }, k) => ({ image: images[k]!, objects }));
}

const layoutOf = ({ caption, objects }: ScenePlan): Layout => askedOf({ prompt: caption, objects });

async function requireSameModel(folder: string, model: GeneratedOptions['model']): Promise<void> {
  const path = join(folder, 'model.json');
  const now = `${JSON.stringify(model, null, 2)}\n`;
  const before = await readFile(path, 'utf8').catch(() => undefined);
  if (before === undefined) await writeFileAtomically(path, now);
  else if (before !== now) {
    throw new Error(
      `${folder}: its pictures were painted by another model or with other settings (see model.json); ` +
        'give another --folder, or remove this one',
    );
  }
}
