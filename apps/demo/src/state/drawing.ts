// What a person draws, and the layout that it stands for.

import { type Box, type Layout, parseLayout } from '@spatiallock/core';
import { layoutFields } from './pluginSettings.js';
import type { Sampling } from './settings.js';

/** The shares of the calls from which and until which an object is held to its box. */
export type Hold = readonly [from: number, until: number];

export interface DrawnObject {
  /** Unique in the drawing; not kept in files. */
  readonly id: string;
  readonly phrase: string;
  readonly box: Box;
  /** All calls where there is none. */
  readonly hold?: Hold;
  /** Index into `palette`. */
  readonly colour: number;
}

export interface Drawing {
  /** Empty: made from the phrases, see `promptOf`. */
  readonly prompt: string;
  readonly negativePrompt: string;
  /** Back to front. */
  readonly objects: readonly DrawnObject[];
  /** Where a document was opened: the settings that undo and redo bring along. */
  readonly sampling?: Sampling;
  /** It came with settings of its own: undoing that brings back those before. */
  readonly opened?: true;
}

export const emptyDrawing: Drawing = { prompt: '', negativePrompt: '', objects: [] };

/** Distinct from each other and from black and white, also for most people with a colour vision deficiency. */
export const palette = [
  { name: 'red', value: '#e5484d' },
  { name: 'blue', value: '#3b82f6' },
  { name: 'green', value: '#30a46c' },
  { name: 'amber', value: '#e79d13' },
  { name: 'purple', value: '#a86fdc' },
  { name: 'teal', value: '#12a594' },
  { name: 'pink', value: '#e255a1' },
  { name: 'brown', value: '#a1785f' },
] as const;

export const isColour = (given: unknown): given is number =>
  Number.isInteger(given) && palette[given as number] !== undefined;

export const colourOf = ({ colour }: DrawnObject): string => (palette[colour] ?? palette[0]).value;

let made = 0;
export const newId = (): string => `o${Date.now().toString(36)}${(made++).toString(36)}`;

/** The first colour that is used least. */
export function nextColour(objects: readonly DrawnObject[]): number {
  const counts = palette.map((_, i) => objects.filter(({ colour }) => colour === i).length);
  return counts.indexOf(Math.min(...counts));
}

/** The caption: as written, or else made from the phrases. */
export function promptOf({ prompt, objects }: Drawing): string {
  return prompt.trim() === '' ? listed(objects) : prompt.trim();
}

/** The phrases in one text: "a dog, a cat and an apple". */
export function listed(objects: Drawing['objects']): string {
  const phrases = objects.map(({ phrase }) => phrase.trim()).filter(Boolean);
  const last = phrases.pop();
  if (last === undefined) return '';
  return phrases.length > 0 ? `${phrases.join(', ')} and ${last}` : last;
}

export function layoutOf(drawing: Drawing): Layout {
  return {
    prompt: promptOf(drawing),
    ...(drawing.negativePrompt.trim() === '' ? {} : { negativePrompt: drawing.negativePrompt.trim() }),
    objects: drawing.objects.map(({ phrase, box, hold }) => ({
      phrase: phrase.trim(),
      box,
      ...(hold ? { hold } : {}),
    })),
  };
}

/** A drawing of layout JSON, also of one without phrases yet; throws an error that names the field at fault. */
export function drawingOf(json: unknown): Drawing {
  const { prompt, negativePrompt = '', objects } = parseLayout(json, [], layoutFields);
  return {
    prompt,
    negativePrompt,
    objects: objects.map((object, i) => ({ ...object, id: newId(), colour: i % palette.length })),
  };
}
