// The data set as a user would have it: pictures in a folder, boxes in COCO format, captions by file name.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LabelledImage } from '@spatiallock/data';
import { encodePng } from '@spatiallock/node';
import type { Art, Sprite } from '@spatiallock/scenes';
import { planNew, renderNew } from './scenes.js';

/** Pixels of a side. */
const SIZE = 256;
/** Seeds of training pictures; held-out layouts draw from others. */
const FIRST_SEED = 1000;

/** Writes the pictures; gives them with their boxes. */
export async function writePictures(
  folder: string,
  count: number,
  art: Art,
  sprites: readonly Sprite[],
): Promise<LabelledImage[]> {
  await mkdir(folder, { recursive: true });
  const plans = Array.from({ length: count }, (_, i) => planNew(FIRST_SEED + i, sprites));
  return Promise.all(
    plans.map(async (plan, i): Promise<LabelledImage> => {
      const fileName = `${i + 1}.png`;
      const data = new Uint8ClampedArray(renderNew(art, sprites, plan, SIZE));
      const png = await encodePng({ width: SIZE, height: SIZE, channels: 3, data });
      await writeFile(join(folder, fileName), png);
      const objects = plan.objects.map(({ label, phrase, box }) => ({ label, phrase, box }));
      return { fileName, width: SIZE, height: SIZE, caption: plan.caption, objects };
    }),
  );
}
