// What `evaluate` paints and judges: held-out layouts of the built-in scenes, or a user's own.

import { basename } from 'node:path';
import type { ImageSize, Layout, RgbImage } from '@spatiallock/core';
import type { EvaluatedLayout, Evaluator } from '@spatiallock/evaluation';
import { type HeldOutScene, heldOutScenes, realImages, type Variety } from '@spatiallock/scenes';
import { counted } from './counted.js';
import { InputError, readingNow } from './errors.js';
import { judgeable, ownPictures, readOwnLayouts, requireShapes } from './evaluateLayouts.js';
import { type KnownPlugins, layoutFieldsOf } from './plugins/known.js';

/** What is painted and judged. */
export interface Scenes {
  /** What reports call them. */
  readonly name: string;
  /** Whether their classes are the user's: figures of each class are reported then. */
  readonly own: boolean;
  readonly layouts: readonly Layout[];
  /**
   * The layouts with the labels that the detector has for them; throws an InputError where it lacks some. `check` throws
   * where the model cannot paint a layout.
   */
  judged(evaluator: Evaluator, check: (layout: Layout) => void): readonly EvaluatedLayout[];
  /**
   * Rejects with an InputError where real pictures do not fit those that the model paints, as far as `sizeOf` knows the size of a
   * layout's picture.
   */
  readonly fitting?: (sizeOf: (layout: Layout) => ImageSize | undefined) => Promise<void>;
  /** Real pictures of some of the layouts in one size, where there are any. */
  readonly pictures?: (some: readonly Layout[], size: ImageSize) => Promise<RgbImage[]>;
}

/** Held-out layouts by seed; real scenes are composed of the same. */
export function builtInScenes(seed: number, count: number, variety: Variety): Scenes {
  const scenes = heldOutScenes(seed, count, variety);
  const byLayout = new Map<Layout, HeldOutScene>(scenes.map((scene) => [scene.layout, scene]));
  return {
    name: variety,
    own: false,
    layouts: scenes.map(({ layout }) => layout),
    judged: (_, check) => {
      for (const { layout } of scenes) readingNow(() => check(layout));
      return scenes;
    },
    pictures: (some, size) =>
      realScenes(
        some.map((layout) => byLayout.get(layout)!),
        size,
      ),
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
    throw new InputError(
      `--count: ${file} holds ${counted(all.length, 'layout')} only; leave it out for all of them`,
    );
  }
  const own = all.slice(0, count);
  const byLayout = new Map(own.map((each) => [each.layout, each]));
  return {
    name: basename(file),
    own: true,
    layouts: own.map(({ layout }) => layout),
    judged: (evaluator, check) => judgeable(own, evaluator, check),
    ...(own[0]!.image === undefined
      ? {}
      : {
          pictures: (some, size) =>
            ownPictures(
              some.map((layout) => byLayout.get(layout)!),
              size,
            ),
          fitting: (sizeOf) => requireShapes(own, sizeOf),
        }),
  };
}

async function realScenes(scenes: readonly HeldOutScene[], size: ImageSize): Promise<RgbImage[]> {
  const { width, height } = size;
  if (width === height) return realImages(scenes, size);
  throw new InputError(`--model: paints ${width} x ${height} pixels; only square pictures can be evaluated`);
}
