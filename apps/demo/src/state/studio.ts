// The drawing on the canvas, its selection, and what can be done to it.

import { computed, signal } from '@preact/signals';
import type { Box } from '@spatiallock/core';
import { placeForCopy, placeForNew } from '../canvas/geometry.js';
import { type Drawing, type DrawnObject, emptyDrawing, newId, nextColour } from './drawing.js';
import { facts } from './engine.js';
import { changed, historyOf, redone, settled, undone } from './history.js';
import { type Settings, standardSettings } from './settings.js';
import { fieldErrors, phrasesFor } from './vocabulary.js';

const history = signal(historyOf<Drawing>(emptyDrawing));

export const drawing = computed(() => history.value.present);
export const canUndo = computed(() => history.value.past.length > 0);
export const canRedo = computed(() => history.value.future.length > 0);
export const selectedId = signal<string | undefined>(undefined);
export const selected = computed(() => drawing.value.objects.find(({ id }) => id === selectedId.value));
export const settings = signal<Settings>(standardSettings);
export const snapping = signal(true);

export const phrases = computed(() => phrasesFor(facts.value?.words));
export const errors = computed(() => fieldErrors(drawing.value, facts.value?.words));

/** Why there can be no picture yet; undefined where there can. */
export const hindrance = computed((): string | undefined => {
  const { objects, prompt } = drawing.value;
  if (objects.length === 0 && prompt.trim() === '') return 'Draw a box, or write a caption';
  const unnamed = objects.findIndex(({ phrase }) => phrase.trim() === '');
  if (unnamed >= 0) return `Say what stands in box ${unnamed + 1}`;
  const { prompt: ofPrompt, negativePrompt, phrases: ofPhrases } = errors.value;
  if (ofPrompt ?? negativePrompt ?? ofPhrases.find(Boolean)) return 'Some words are not known to the model';
  return undefined;
});

/** `key`: changes of one key in a row are undone together. */
function change(edit: (before: Drawing) => Drawing, key?: string): void {
  history.value = changed(history.value, edit(drawing.value), key);
}

export const settle = (): void => {
  history.value = settled(history.value);
};
export const undo = (): void => {
  history.value = undone(history.value);
};
export const redo = (): void => {
  history.value = redone(history.value);
};

/** As at the start: nothing to undo. */
export function restore(given: Drawing): void {
  history.value = historyOf(given);
  selectedId.value = undefined;
}

/** Another layout, which can be undone. */
export function open(given: Drawing): void {
  change(() => given);
  selectedId.value = undefined;
}

export const setPrompt = (prompt: string): void => change((before) => ({ ...before, prompt }), 'prompt');
export const setNegativePrompt = (negativePrompt: string): void =>
  change((before) => ({ ...before, negativePrompt }), 'negativePrompt');

export function editObject(id: string, edit: Partial<DrawnObject>, key?: string): void {
  const apply = (object: DrawnObject) => (object.id === id ? { ...object, ...edit } : object);
  change((before) => ({ ...before, objects: before.objects.map(apply) }), key && `${key} ${id}`);
}

/** In front of all others; without a box it is put where there is room. Returns its id. */
export function addObject(box?: Box, phrase = ''): string {
  const { objects } = drawing.value;
  const place = box ?? placeForNew(objects.map((object) => object.box));
  const object: DrawnObject = { id: newId(), phrase, box: place, colour: nextColour(objects) };
  change((before) => ({ ...before, objects: [...before.objects, object] }));
  selectedId.value = object.id;
  return object.id;
}

export function duplicate(id: string): void {
  const original = drawing.value.objects.find((object) => object.id === id);
  if (original) addObject(placeForCopy(original.box), original.phrase);
}

export function removeObject(id: string): void {
  const index = drawing.value.objects.findIndex((object) => object.id === id);
  change((before) => ({ ...before, objects: before.objects.filter((object) => object.id !== id) }));
  const rest = drawing.value.objects;
  selectedId.value = rest[Math.min(index, rest.length - 1)]?.id;
}

/** One place towards the front (1) or the back (-1). */
export function reorder(id: string, by: 1 | -1): void {
  const { objects } = drawing.value;
  const from = objects.findIndex((object) => object.id === id);
  const to = from + by;
  if (from < 0 || to < 0 || to >= objects.length) return;
  const moved = objects.toSpliced(from, 1).toSpliced(to, 0, objects[from]!);
  change((before) => ({ ...before, objects: moved }));
}

export function setSetting<K extends keyof Settings>(key: K, value: Settings[K]): void {
  settings.value = { ...settings.value, [key]: value };
}
