// What a person draws, and the layout that it stands for.

import { type Box, type Layout, parseLayout } from '@spatiallock/core';
import { layoutFields } from './pluginSettings.js';
import type { Sampling } from './settings.js';
import { recordOf } from './storage.js';

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

/** Whether nothing was drawn or written yet. */
export const isEmpty = ({ prompt, negativePrompt, objects }: Drawing): boolean =>
  objects.length === 0 && prompt.trim() === '' && negativePrompt.trim() === '';

/**
 * The layout of a drawing that may be unfinished: its boxes need not be named yet. Throws an error that names the field at
 * fault; `also` are fields that it may have besides.
 */
export function parseUnfinished(json: unknown, also: readonly string[] = []): Layout {
  const { objects } = recordOf(json);
  if (!Array.isArray(objects)) return parseLayout(json, also, layoutFields);
  const isUnnamed = (object: unknown): boolean => {
    const { phrase } = recordOf(object);
    return typeof phrase === 'string' && phrase.trim() === '';
  };
  const named = objects.map((object: unknown) =>
    isUnnamed(object) ? { ...recordOf(object), phrase: 'unnamed' } : object,
  );
  const layout = parseLayout({ ...recordOf(json), objects: named }, also, layoutFields);
  return {
    ...layout,
    objects: layout.objects.map((object, i) => (isUnnamed(objects[i]) ? { ...object, phrase: '' } : object)),
  };
}

/** A drawing of layout JSON, also of one whose boxes are not named yet; throws an error that names the field at fault. */
export function drawingOf(json: unknown): Drawing {
  const { prompt, negativePrompt = '', objects } = parseUnfinished(json);
  return {
    prompt,
    negativePrompt,
    objects: objects.map((object, i) => ({ ...object, id: newId(), colour: i % palette.length })),
  };
}
