// Layouts that training never saw, and the real scenes that belong to them.

import type { Layout, RgbImage } from '@spatiallock/core';
import { checkObject, checkObjects, checkWhole } from '@spatiallock/core/checks';
import { loadArt } from './art.js';
import { askedOf, heldOutLayout, type SceneLayout } from './plan.js';
import { composeScene, SIZES } from './scene.js';
import { heldOutPairs } from './split.js';
import type { Variety } from './variety.js';

/** A held-out layout, with what the scenes know of it. */
export interface HeldOutScene {
  /** The seed of the scene, not of the picture. */
  readonly seed: number;
  /** How its boxes were drawn; default 'plain'. */
  readonly variety?: Variety;
  readonly background: string;
  readonly layout: Layout;
  /** Labels of the layout's objects, in their order. */
  readonly labels: readonly string[];
  /** For each object, whether training never showed its class before this background. */
  readonly unseen: readonly boolean[];
}

/** Seeds of evaluations lie this far apart, so that two never share a layout. */
const STRIDE = 1_000_000;

const unseenPairs = new Set(heldOutPairs.map(([label, background]) => `${label} ${background}`));

const SEED = { min: 0, max: 2 ** 33 };

/** `count` held-out scenes, up to a million; pairs that training never showed, of every kind, are among them. */
export function heldOutScenes(seed: number, count: number, variety: Variety = 'plain'): HeldOutScene[] {
  checkWhole(seed, SEED, 'seed');
  checkWhole(count, { min: 0, max: STRIDE }, 'count');
  return Array.from({ length: count }, (_, i) => {
    const sceneSeed = seed * STRIDE + i;
    return heldOutScene(sceneSeed, variety, heldOutLayout(sceneSeed, { pairs: 'any', variety }));
  });
}

function heldOutScene(seed: number, variety: Variety, layout: SceneLayout): HeldOutScene {
  const { background, objects } = layout;
  return {
    seed,
    variety,
    background,
    layout: askedOf(layout),
    labels: objects.map(({ label }) => label),
    unseen: objects.map(({ label }) => unseenPairs.has(`${label} ${background}`)),
  };
}

/** The scenes drawn from the art itself, of the size of a generated picture, which must be square. */
export async function realImages(
  scenes: readonly HeldOutScene[],
  size: Pick<RgbImage, 'width' | 'height'>,
): Promise<RgbImage[]> {
  checkObjects(scenes, 'scenes', 'scenes, as heldOutScenes() gives them');
  checkObject(size, 'size');
  const { width, height } = size;
  checkWhole(width, SIZES, 'size.width');
  checkWhole(height, SIZES, 'size.height');
  if (width !== height) {
    throw new Error(
      `size: is ${width} x ${height}; scenes are square, so only square pictures have real scenes`,
    );
  }
  const art = await loadArt();
  return scenes.map(({ seed, variety }) => {
    const { image } = composeScene(art, seed, { split: 'heldout', pairs: 'any', variety, size: width });
    return { width, height, channels: 3, data: new Uint8ClampedArray(image) };
  });
}
