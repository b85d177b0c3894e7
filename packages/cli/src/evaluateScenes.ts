// What `evaluate` paints and judges: held-out layouts of the built-in scenes, or a user's own.

import { basename } from 'node:path';
import type { Layout, RgbImage } from '@spatiallock/core';
import type { EvaluatedLayout, Evaluator } from '@spatiallock/evaluation';
import { type HeldOutScene, heldOutScenes, realImages, type Variety } from '@spatiallock/scenes';
import { InputError } from './errors.js';
import { judgeable, ownPictures, readOwnLayouts } from './evaluateLayouts.js';
import { type KnownPlugins, layoutFieldsOf } from './plugins/known.js';

/** What is painted and judged. */
export interface Scenes {
  /** What reports call them. */
  readonly name: string;
  /** Whether their classes are the user's: figures of each class are reported then. */
  readonly own: boolean;
  readonly layouts: readonly Layout[];
  /** The layouts with the labels that the detector has for them; throws an InputError where it lacks some. */
  judged(evaluator: Evaluator): readonly EvaluatedLayout[];
  /** Real pictures of the layouts, where there are any. */
  readonly pictures?: (size: Pick<RgbImage, 'width' | 'height'>) => Promise<RgbImage[]>;
}

/** Held-out layouts by seed; real scenes are composed of the same. */
export function builtInScenes(seed: number, count: number, variety: Variety): Scenes {
  const scenes = heldOutScenes(seed, count, variety);
  return {
    name: variety,
    own: false,
    layouts: scenes.map(({ layout }) => layout),
    judged: () => scenes,
    pictures: (size) => realScenes(scenes, size),
  };
}

/** The layouts of a file, the first `count` of them. */
export async function ownScenes(
  file: string,
  count: number | undefined,
  cwd: string,
  known: KnownPlugins,
): Promise<Scenes> {
  const all = await readOwnLayouts(file, cwd, layoutFieldsOf(known));
  if (count !== undefined && count > all.length) {
    throw new InputError(`--count: ${file} holds ${all.length} layouts only; leave it out for all of them`);
  }
  const own = all.slice(0, count);
  return {
    name: basename(file),
    own: true,
    layouts: own.map(({ layout }) => layout),
    judged: (evaluator) => judgeable(own, evaluator),
    ...(own[0]!.image === undefined ? {} : { pictures: (size) => ownPictures(own, size) }),
  };
}

async function realScenes(
  scenes: readonly HeldOutScene[],
  size: Parameters<typeof realImages>[1],
): Promise<RgbImage[]> {
  const { width, height } = size;
  if (width === height) return realImages(scenes, size);
  throw new InputError(`--model: paints ${width} x ${height} pixels; only square pictures can be evaluated`);
}
