// Pictures of the new classes: their photographs before the backgrounds that the model knows.

import { type Box, iou } from '@spatiallock/core';
import { type Random, random } from '@spatiallock/core/nn';
import type { Sprite } from '@spatiallock/scenes';
import { type Art, backgrounds, classes, renderScene, type ScenePlan } from '@spatiallock/scenes';
import { newClasses } from './stamps.js';

/** The most objects of a picture, and how much two of them may overlap. */
const MOST = 3;
const OVERLAP = 0.1;
const TRIES = 200;
/** Geometric mean of width and height, as a fraction of the picture's side. */
const SIDES = [0.2, 0.6] as const;
/** How far shapes are from natural. */
const STRETCH = 1.2;

const between = (rng: Random, low: number, high: number): number =>
  Math.exp(Math.log(low) + (Math.log(high) - Math.log(low)) * rng.uniform());

/** The plan of a seed, by the photographs' shapes; new classes stand behind the 64 in its indices. */
export function planNew(seed: number, sprites: readonly Sprite[]): ScenePlan {
  const rng = random(seed);
  const count = 1 + rng.int(MOST);
  const objects: ScenePlan['objects'][number][] = [];
  for (let i = 0; i < count; i++) {
    const index = rng.int(newClasses.length);
    const box = drawBox(rng, aspectOf(sprites[index]!), (candidate) =>
      objects.every((other) => iou(other.box, candidate) <= OVERLAP),
    );
    const { label } = newClasses[index]!;
    const flip = rng.uniform() < 0.5;
    if (box)
      objects.push({ index: classes.length + index, label, phrase: `a ${label}`, box, flip, visible: 1 });
  }
  const background = backgrounds[rng.int(backgrounds.length)]!;
  const place = background.places[rng.int(background.places.length)]!;
  return {
    seed,
    split: 'train',
    caption: `${named(objects.map(({ index }) => index - classes.length))} ${place}`,
    background: background.name,
    backgroundSeed: rng.int(2 ** 31),
    objects,
  };
}

function aspectOf({ levels }: Sprite): number {
  const [{ width, height }] = levels as [Sprite['levels'][number]];
  return width / height;
}

function drawBox(rng: Random, aspect: number, fits: (box: Box) => boolean): Box | undefined {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const side = between(rng, ...SIDES);
    const stretch = Math.sqrt(aspect * between(rng, 1 / STRETCH, STRETCH));
    const [width, height] = [side * stretch, side / stretch];
    if (Math.max(width, height) > 0.98) continue;
    const [left, top] = [0.01 + rng.uniform() * (0.98 - width), 0.01 + rng.uniform() * (0.98 - height)];
    const box: Box = [left, top, left + width, top + height];
    if (fits(box)) return box;
  }
  return undefined;
}

/** "a dumper and two garbage cans" */
function named(indices: readonly number[]): string {
  return newClasses
    .flatMap(({ label, plural }, index) => {
      const count = indices.filter((each) => each === index).length;
      return count === 0 ? [] : [count === 1 ? `a ${label}` : `${['two', 'three'][count - 2]} ${plural}`];
    })
    .join(' and ');
}

/** Draws a plan by the art of the scenes and the photographs: RGB [size, size, 3]. */
export function renderNew(art: Art, sprites: readonly Sprite[], plan: ScenePlan, size: number): Uint8Array {
  return renderScene({ sprites: [...art.sprites, ...sprites] }, plan, { size }).image;
}
