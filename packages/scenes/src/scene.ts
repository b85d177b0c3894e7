import { checkList, checkObject, checkWhole } from '@spatiallock/core/checks';
import type { Art } from './art.js';
import { paintBackground } from './backgrounds.js';
import { type Canvas, createCanvas, disc } from './canvas.js';
import { checkArt } from './checkArt.js';
import { recolour } from './colours/recolour.js';
import { type PlannedObject, type PlanOptions, planScene, type ScenePlan } from './plan.js';
import { type Patch, stretch } from './resample.js';

/** The side of a scene when none is asked for. */
export const SCENE_SIZE = 256;

/** Pixels per side that a picture may have. */
export const SIZES = { min: 1, max: 16_384 };

/** Options of rendering a scene. */
export interface RenderOptions {
  /** Pixels per side; default 256. */
  readonly size?: number;
}

/** An object of a rendered scene; `area` is its visible share of the picture. */
export interface SceneObject extends PlannedObject {
  /** Pixels' worth of visible alpha, 0..width * height. */
  readonly area: number;
}

/** A labelled picture. */
export interface Scene {
  readonly width: number;
  readonly height: number;
  /** RGB, [height, width, 3] */
  readonly image: Uint8Array;
  readonly caption: string;
  readonly background: string;
  /** Back to front. */
  readonly objects: readonly SceneObject[];
  /** For each object, its visible alpha in 0..255, [height, width]; only when asked for. */
  readonly masks?: readonly Uint8Array[];
}

function paste({ width, data }: Canvas, patch: Patch): void {
  for (let y = 0; y < patch.height; y++) {
    let to = 3 * ((y + patch.top) * width + patch.left);
    let from = 4 * y * patch.width;
    for (let x = 0; x < patch.width; x++, to += 3, from += 4) {
      const keep = 1 - patch.data[from + 3] / 255;
      data[to] = data[to] * keep + patch.data[from];
      data[to + 1] = data[to + 1] * keep + patch.data[from + 1];
      data[to + 2] = data[to + 2] * keep + patch.data[from + 2];
    }
  }
}

const pixelBox = (box: readonly number[], size: number): number[] => box.map((edge) => edge * size);

/** Throws unless a picture of that size can be drawn. */
export function checkSize(size: number): void {
  checkWhole(size, SIZES, 'size');
}

function patches(art: Art, plan: ScenePlan, size: number): Patch[] {
  return plan.objects.map(({ index, box, flip, colour }) => {
    const patch = stretch(art.sprites[index], pixelBox(box, size), flip);
    if (colour) recolour(patch.data, index, colour);
    return patch;
  });
}

/** Soft shadows where objects stand on the ground, on the background alone. */
function shadows(plan: ScenePlan, canvas: Canvas, ground: number): void {
  for (const {
    box: [x0, , x1, y1],
  } of plan.objects) {
    if (y1 < ground) continue;
    const width = x1 - x0;
    disc(canvas, {
      x: (x0 + x1) / 2,
      y: y1 - 0.02 * width,
      rx: 0.52 * width,
      ry: 0.085 * width,
      colour: [20, 18, 40],
      alpha: 0.34,
      softness: 0.9,
    });
  }
}

function paint(plan: ScenePlan, canvas: Canvas, objects: readonly Patch[]): void {
  shadows(plan, canvas, paintBackground(canvas, plan.background, plan.backgroundSeed));
  for (const patch of objects) paste(canvas, patch);
}

/** Draws a plan onto a canvas of its own size; the quick way when only pixels are wanted. */
export function paintScene(art: Art, plan: ScenePlan, canvas: Canvas): void {
  paint(plan, canvas, patches(art, plan, canvas.width));
}

/**
 * Writes a canvas as bytes from `offset` on. Not into a clamped array, which would round.
 * Paint stays within 0..255, because premultiplied colours never exceed their alpha.
 */
export function writeBytes({ data }: Canvas, bytes: Uint8Array, offset = 0): void {
  for (let i = 0; i < data.length; i++) bytes[offset + i] = data[i] + 0.5;
}

function visibleMasks(objects: readonly Patch[], size: number): Uint8Array[] {
  const masks = objects.map((): Float32Array => new Float32Array(size * size));
  for (const [k, patch] of objects.entries()) {
    for (let y = 0; y < patch.height; y++) {
      for (let x = 0; x < patch.width; x++) {
        const alpha = patch.data[4 * (y * patch.width + x) + 3];
        const at = (y + patch.top) * size + x + patch.left;
        for (let behind = 0; behind < k; behind++) masks[behind][at] *= 1 - alpha / 255;
        masks[k][at] = alpha;
      }
    }
  }
  return masks.map((mask) => Uint8Array.from(mask, Math.round));
}

/**
 * Draws a plan: an RGB picture of size x size (default 256) with its labels, and visible masks when `masks` is true.
 * The same plan gives the same bytes.
 */
export function renderScene(
  art: Art,
  plan: ScenePlan,
  options: RenderOptions & { masks?: boolean } = {},
): Scene {
  checkList(checkObject(plan, 'plan').objects, 'plan.objects', 'objects');
  checkArt(art);
  checkObject(options, 'options');
  const { size = SCENE_SIZE } = options;
  checkSize(size);
  const canvas = createCanvas(size, size);
  const drawn = patches(art, plan, size);
  paint(plan, canvas, drawn);
  const image = new Uint8Array(canvas.data.length);
  writeBytes(canvas, image);
  const masks = visibleMasks(drawn, size);
  const areas = masks.map((mask) => mask.reduce((sum, alpha) => sum + alpha, 0) / 255);
  return {
    width: size,
    height: size,
    image,
    caption: plan.caption,
    background: plan.background,
    objects: plan.objects.map((object, i) => ({ ...object, area: areas[i] })),
    ...(options.masks ? { masks } : {}),
  };
}

/** Plans and draws the scene of a seed. */
export function composeScene(
  art: Art,
  seed: number,
  options: PlanOptions & RenderOptions & { masks?: boolean } = {},
): Scene {
  checkArt(art);
  return renderScene(art, planScene(seed, options), options);
}
