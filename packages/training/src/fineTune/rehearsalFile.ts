// The rehearsal of a training: painted once by the base, and kept beside the state.

import { join } from 'node:path';
import { type Layout, tensor } from '@spatiallock/core';
import { readTensorsIfAny, writeTensors } from '@spatiallock/node';
import type { TrainingPicture } from '../pictures.js';
import { paintRehearsal, type RehearsalOptions, rehearsed } from '../rehearsal.js';
import { remedied } from '../remedy.js';
import { TRAINING_FOLDER } from './outFolder.js';

/** The pictures of the layouts, from `out/training/rehearsal.safetensors` where they were painted before. */
export async function rehearsalPictures(
  out: string,
  options: RehearsalOptions,
): Promise<readonly TrainingPicture[]> {
  const { layouts } = options;
  if (layouts.length === 0) return [];
  const path = join(out, TRAINING_FOLDER, 'rehearsal.safetensors');
  const { latents: kept } =
    (await remedied(() => readTensorsIfAny(path), 'remove it, and it is painted anew')) ?? {};
  if (kept?.shape[0] === layouts.length) return picturesOf(layouts, kept.data as Float32Array);
  const painted = await paintRehearsal(options);
  const size = painted[0]!.length;
  const data = new Float32Array(painted.length * size);
  painted.forEach((each, i) => {
    data.set(each, i * size);
  });
  await writeTensors(path, { latents: tensor(data, [painted.length, size]) });
  return picturesOf(layouts, data);
}

function picturesOf(layouts: readonly Layout[], latents: Float32Array): TrainingPicture[] {
  const size = latents.length / layouts.length;
  return layouts.map((layout, i) => rehearsed(layout, latents.subarray(i * size, (i + 1) * size)));
}
