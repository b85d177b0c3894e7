// The picture that is painted over: where it comes from, and which part of it is painted anew.

import { computed, signal } from '@preact/signals';
import { messageOf } from '@spatiallock/core';
import { readPicture, squareOf } from '../pictures/paint.js';
import type { JobSource, Picture } from '../worker/protocol.js';
import type { Extra } from './document.js';
import type { Drawing } from './drawing.js';
import * as engine from './engine.js';
import type { JobPlace } from './jobs.js';
import { modelKey } from './modelKey.js';
import { say } from './notices.js';
import { isSelected } from './selection.js';

export interface StartPicture {
  /** Unique in a visit. */
  readonly id: string;
  readonly picture: Picture;
  /** What it is called. */
  readonly title: string;
}

/** What is painted anew. */
export type Extent = 'boxes' | 'whole';

/** How far from the picture without a choice. */
export const STRENGTH = 0.6;

export const startPicture = signal<StartPicture | undefined>(undefined);
export const extent = signal<Extent>('boxes');
/** How far from the picture, 0..1, where all of it is painted anew. */
export const imageStrength = signal<number>(STRENGTH);
export const strengthLimits = { min: 0.05, max: 1, step: 0.05 } as const;

/** Pixels of a side of a visitor's model's pictures, where they chose one. */
export const chosenSide = signal<number | undefined>(undefined);
/** The same, if the model that is open has it. */
export const usableSide = computed(() =>
  sides.value.includes(chosenSide.value ?? 0) ? chosenSide.value : undefined,
);

const modelSide = computed((): number => {
  const { own, imageSize } = engine.facts.value ?? {};
  return own ? (usableSide.value ?? own.side) : (imageSize?.width ?? 512);
});

/** Sides to choose from: the model's own and smaller ones, which are faster. */
export const sides = computed((): readonly number[] => {
  const { own } = engine.facts.value ?? {};
  if (!own) return [];
  const all = [1, 3 / 4, 1 / 2, 1 / 4].map((share) =>
    Math.max(own.sideStep, Math.round((own.side * share) / own.sideStep) * own.sideStep),
  );
  return [...new Set(all)];
});

/** What is painted over, as it is shown. */
export const startPreview = computed(() => startPicture.value && squareOf(startPicture.value.picture, 128));

let made = 0;

/** Paints over this picture from now on. */
export function startFrom(picture: Picture, title: string): void {
  startPicture.value = { id: `s${Date.now().toString(36)}${made++}`, picture, title };
  const part = picture.width === picture.height ? '' : ', its middle as a square';
  say('info', `${title} is what is painted over${part}; choose below what of it is painted anew.`);
}

/** Paints over a picture file; says so where the browser cannot show it. */
export async function startFromFile(file: File): Promise<void> {
  try {
    startFrom(await readPicture(file, 1024), file.name);
  } catch (cause) {
    say('error', `${file.name}: ${messageOf(cause)}`);
  }
}

export const dropStart = (): void => {
  startPicture.value = undefined;
};

/** What is painted anew of a drawing: the boxes that are selected, or all boxes where none is. */
export function anewOf({ objects }: Pick<Drawing, 'objects'>): JobSource['boxes'] {
  if (extent.value === 'whole') return undefined;
  const selected = objects.filter(({ id }) => isSelected(id));
  return (selected.length > 0 ? selected : objects).map(({ box }) => box);
}

/** Why the picture cannot be painted over; undefined where it can. */
export const sourceHindrance = ({ objects }: Pick<Drawing, 'objects'>): string | undefined =>
  startPicture.value && extent.value === 'boxes' && objects.length === 0
    ? 'Draw a box around what is painted anew, or paint the whole picture anew'
    : undefined;

/** How large pictures are that are painted from noise. */
export function sizeOf(): Pick<JobPlace, 'side'> {
  const side = engine.facts.value?.own ? usableSide.value : undefined;
  return side === undefined ? {} : { side };
}

/** What the next pictures of a drawing paint over, and how large they are. */
export function placeOf(drawing: Pick<Drawing, 'objects'>): JobPlace {
  const start = startPicture.value;
  if (!start) return sizeOf();
  const boxes = anewOf(drawing);
  const strength = boxes ? 1 : imageStrength.value;
  return {
    source: { picture: squareOf(start.picture, modelSide.value), ...(boxes ? { boxes } : {}), strength },
  };
}

/** What tells the models and places of two pictures apart, as text; empty for those of the site's own model in its size. */
export function placeKey(drawing: Pick<Drawing, 'objects'>): string {
  const start = startPicture.value;
  const place = start
    ? JSON.stringify([start.id, anewOf(drawing) ?? imageStrength.value, modelSide.value])
    : String(sizeOf().side ?? '');
  return [modelKey.value, place].filter(Boolean).join(' ');
}

/** What the document of a picture that is painted now says besides its layout and settings. */
export function extraNow(): Extra {
  const start = startPicture.value;
  const { side } = start ? {} : sizeOf();
  const { name } = engine.facts.value ?? {};
  const isAdapted = engine.given.value === undefined && engine.adapter.value !== undefined;
  const extents = { boxes: { keep: true }, whole: { imageStrength: imageStrength.value } };
  return {
    ...(start ? { image: start.title, ...extents[extent.value] } : {}),
    ...(side === undefined ? {} : { width: side, height: side }),
    ...(name === undefined ? {} : { model: name }),
    ...(isAdapted ? { adapter: modelKey.value } : {}),
  };
}

/** What is noted of a picture of a drawing that is painted now. */
export function originOf(drawing: Pick<Drawing, 'objects'>): {
  readonly place?: string;
  readonly extra: Extra;
} {
  const place = placeKey(drawing);
  return { ...(place === '' ? {} : { place }), extra: extraNow() };
}
