// The picture that the site brings along, which `spatiallock generate` painted: it stands there before a model is loaded.

import { computed, signal } from '@preact/signals';
import type { Layout } from '@spatiallock/core';
import { PNG_KEYWORD, readPngText } from '@spatiallock/data';
import { readPicture } from '../pictures/paint.js';
import type { Picture } from '../worker/protocol.js';
import { readDocument } from './document.js';
import { layoutOf } from './drawing.js';
import { shown } from './shots.js';
import { drawing } from './studio.js';

interface Sample {
  readonly picture: Picture;
  readonly layout: Layout;
}

export const sample = signal<Sample | 'missing' | undefined>(undefined);

/** Never rejects: without it the page works as well. */
export async function loadSample(): Promise<void> {
  if (sample.value && sample.value !== 'missing') return;
  try {
    const response = await fetch(new URL('sample.png', document.baseURI));
    if (!response.ok) throw new Error(`sample.png could not be loaded (${response.status})`);
    const file = await response.blob();
    const text = readPngText(new Uint8Array(await file.arrayBuffer()), PNG_KEYWORD);
    const { layout } = readDocument(JSON.parse(text ?? 'null'));
    sample.value = { picture: await readPicture(file), layout };
  } catch {
    sample.value = 'missing';
  }
}

/** The sample, where the drawing is its own and no picture was made of it yet. */
export const firstPicture = computed((): Sample | undefined => {
  const { value } = sample;
  if (value === undefined || value === 'missing' || shown.value) return undefined;
  return JSON.stringify(layoutOf(drawing.value)) === JSON.stringify(value.layout) ? value : undefined;
});
