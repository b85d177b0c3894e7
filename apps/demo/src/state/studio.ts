// The drawing on the canvas, its selection, and what can be done to it.

import { computed, signal } from '@preact/signals';
import { type Box, MAX_OBJECTS } from '@spatiallock/core';
import { placeForNew } from '../canvas/geometry.js';
import { captionAfter } from './caption.js';
import { type Drawing, type DrawnObject, emptyDrawing, newId, nextColour } from './drawing.js';
import { facts, given as givenModel } from './engine.js';
import { baseOf, changed, type History, historyOf, isRowSince, redone, settled, undone } from './history.js';
import { say } from './notices.js';
import { select, selectedIds, selectMany } from './selection.js';
import {
  type Sampling,
  type Settings,
  samplingFor,
  samplingOf,
  seedFault,
  standardSettings,
} from './settings.js';
import { sourceHindrance } from './source.js';
import { fieldErrors, phrasesFor } from './vocabulary.js';

const history = signal(historyOf<Drawing>(emptyDrawing));

export const drawing = computed(() => history.value.present);
export const past = computed(() => history.value.past);
export const canUndo = computed(() => history.value.past.length > 0);
export const canRedo = computed(() => history.value.future.length > 0);
export const settings = signal<Settings>(standardSettings);
/** The seed as typed, where it differs from the one in the settings. */
export const typedSeed = signal<string | undefined>(undefined);
/** Whether the detector can guide: it was trained on the latents of the page's own model. */
export const canGuide = computed(() => givenModel.value === undefined);
/** How the next pictures are sampled. */
export const samplingNow = computed(() => samplingFor(settings.value, canGuide.value));
export const snapping = signal(true);
export const isFull = computed(() => drawing.value.objects.length >= MAX_OBJECTS);

export const phrases = computed(() => phrasesFor(facts.value?.words));
export const errors = computed(() => fieldErrors(drawing.value, facts.value?.words));

export const seedError = computed(() =>
  seedFault(
    typedSeed.value ?? String(settings.value.seed),
    settings.value.compare ? 1 : settings.value.pictures,
  ),
);

/** Why there can be no picture yet; undefined where there can. */
export const hindrance = computed(
  (): string | undefined => hindranceOf(drawing.value) ?? sourceHindrance(drawing.value) ?? seedError.value,
);

/** What a drawing lacks to be painted; undefined where it lacks nothing. */
export function hindranceOf(given: Drawing): string | undefined {
  const { objects, prompt } = given;
  if (objects.length === 0 && prompt.trim() === '') return 'Draw a box, or write a caption';
  const unnamed = objects.findIndex(({ phrase }) => phrase.trim() === '');
  if (unnamed >= 0) return `Say what stands in box ${unnamed + 1}`;
  const tooMany = objects.length - MAX_OBJECTS;
  if (tooMany > 0) return `At most ${MAX_OBJECTS} boxes fit; delete ${tooMany}`;
  const isShown = given === drawing.value;
  const faults = isShown ? errors.value : fieldErrors(given, facts.value?.words);
  const { prompt: ofPrompt, negativePrompt, phrases: ofPhrases } = faults;
  const fault = ofPrompt ?? negativePrompt ?? ofPhrases.find(Boolean);
  return fault && isShown ? 'Some words cannot be used: see the fields' : fault;
}

/** `key`: changes of one key in a row are undone together. */
function change({ sampling: _, opened: __, ...next }: Drawing, key?: string): void {
  history.value = changed(history.value, next, key);
}

/** The settings of the drawing that is there now go along with it. */
function noteSampling(): void {
  const present = { ...drawing.value, sampling: samplingOf(settings.value) };
  history.value = { ...history.value, present };
}

function noteOpened(): void {
  noteSampling();
  history.value = { ...history.value, present: { ...drawing.value, opened: true } };
}

function takeSampling(sampling: Sampling | undefined): void {
  if (!sampling) return;
  settings.value = { ...settings.value, ...sampling };
  typedSeed.value = undefined;
}

/** The caption goes with the objects. */
export function changeObjects(objects: Drawing['objects'], key?: string): void {
  const prompt = captionAfter(baseOf(history.value, key), objects);
  change({ ...drawing.value, prompt, objects }, key);
}

export const settle = (): void => {
  history.value = settled(history.value);
};
export const undo = (): void => {
  const { opened } = drawing.value;
  history.value = undone(history.value);
  arrive(opened);
  keepSelection();
};
export const redo = (): void => {
  history.value = redone(history.value);
  arrive(drawing.value.opened);
  keepSelection();
};

/** Where all that was selected is gone, the front box is: it takes the keyboard's focus, which went with them. */
function keepSelection(): void {
  const { objects } = drawing.value;
  const isThere = (id: string): boolean => objects.some((object) => object.id === id);
  const rest = selectedIds.value.filter(isThere);
  if (rest.length === selectedIds.value.length) return;
  const front = objects.at(-1);
  if (rest.length > 1) selectMany(rest);
  else select(...(rest.length === 1 ? rest : front ? [front.id] : []));
}

/** Settings change with the step of a document; those that were chosen since stay with every other step. */
function arrive(isDocument = false): void {
  if (isDocument) takeSampling(drawing.value.sampling);
  else if (drawing.value.sampling) noteSampling();
}

/** As at the start; `earlier` drawings can be brought back by undo. */
export function restore(given: Drawing, earlier: readonly Drawing[] = []): void {
  history.value = historyOf(given, earlier);
  select();
}

/**
 * Another drawing, with settings where it brings some, which can be undone; drawings of one key in a row are undone
 * together.
 */
export function open(given: Drawing, key?: string, sampling?: Sampling): void {
  if (sampling) noteSampling();
  change(given, key);
  takeSampling(sampling);
  if (sampling) noteOpened();
  select();
}

/** All steps as they are now, for `takeBack`. */
export const steps = (): History<Drawing> => history.value;

/**
 * Takes back changes of a key in a row: without a step where nothing else was done since `before`, else by `amend`, so that
 * what came from a file or another tab meanwhile stays.
 */
export function takeBack(before: History<Drawing>, key: string, amend: () => void): void {
  if (isRowSince(history.value, before, key)) history.value = before;
  else if (history.value.present !== before.present) amend();
}

export const setPrompt = (prompt: string): void => change({ ...drawing.value, prompt }, 'prompt');
export const setNegativePrompt = (negativePrompt: string): void =>
  change({ ...drawing.value, negativePrompt }, 'negativePrompt');

export function editObject(id: string, edit: Partial<DrawnObject>, key?: string): void {
  const { objects } = drawing.value;
  if (!objects.some((object) => object.id === id)) return;
  const edited = objects.map((object) => (object.id === id ? { ...object, ...edit } : object));
  changeObjects(edited, key && `${key} ${id}`);
}

/**
 * In front of all others; without a box it is put where there is room. Returns its id; undefined, and says so, where
 * no more fit.
 */
export function addObject(box?: Box, phrase = ''): string | undefined {
  if (refusesMore()) return undefined;
  const { objects } = drawing.value;
  const place = box ?? placeForNew(objects.map((object) => object.box));
  const object: DrawnObject = { id: newId(), phrase, box: place, colour: nextColour(objects) };
  changeObjects([...objects, object]);
  select(object.id);
  return object.id;
}

/** Whether the drawing is full; says so where it is. */
export function refusesMore(): boolean {
  if (isFull.value) say('info', `At most ${MAX_OBJECTS} boxes fit in a picture.`);
  return isFull.value;
}

/** One place towards the front (1) or the back (-1). */
export function reorder(id: string, by: 1 | -1): void {
  const { objects } = drawing.value;
  const from = objects.findIndex((object) => object.id === id);
  const to = from + by;
  if (from < 0 || to < 0 || to >= objects.length) return;
  const moved = objects.toSpliced(from, 1).toSpliced(to, 0, objects[from]!);
  changeObjects(moved);
}

export function setSetting<K extends keyof Settings>(key: K, value: Settings[K]): void {
  if (key === 'seed') typedSeed.value = undefined;
  settings.value = { ...settings.value, [key]: value };
  if (!drawing.value.sampling) return;
  noteSampling();
  // What is opened next is a step of its own, and undoing it brings back this setting.
  settle();
}

/** A seed as it is typed; it counts once it can be used, and until then no picture is made. */
export function typeSeed(text: string): void {
  if (seedFault(text, 1) === undefined) setSetting('seed', Number(text));
  typedSeed.value = text;
}
