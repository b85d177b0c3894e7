// What an earlier visit, another tab or an older version of the page left behind: whatever is usable of it.

import { type Box, parseBox } from '@spatiallock/core';
import { boxBetween, placeForNew } from '../canvas/geometry.js';
import type { DeviceId } from '../worker/protocol.js';
import { type Drawing, type DrawnObject, type Hold, isColour, newId, nextColour } from './drawing.js';
import { readSettings, type Settings, samplingOf } from './settings.js';

export interface Kept {
  /** Undefined: none was kept. */
  readonly drawing?: Drawing;
  /** Earlier drawings, which undo brings back; the latest last. */
  readonly past: readonly Drawing[];
  readonly settings: Settings;
  readonly device?: DeviceId;
}

/** Earlier drawings that are kept. */
export const PAST_KEPT = 20;
/** More than a drawing may hold, so that nothing is lost of one that has too many. */
const MOST_OBJECTS = 500;
const devices: readonly string[] = [
  'onnx-wasm',
  'onnx-webgpu',
  'tfjs-webgpu',
  'tfjs-wasm',
  'tfjs-cpu',
] satisfies DeviceId[];

/** Reads kept text; undefined where it is not JSON of an object. */
export function readKept(text: string): Kept | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isRecord(json)) return undefined;
  const drawing = repairDrawing(json.drawing);
  const past = Array.isArray(json.past) ? json.past.slice(-PAST_KEPT) : [];
  const device = devices.find((id) => id === json.device) as DeviceId | undefined;
  return {
    settings: readSettings(json.settings),
    past: past.map(repairDrawing).filter((earlier) => earlier !== undefined),
    ...(drawing ? { drawing } : {}),
    ...(device ? { device } : {}),
  };
}

/**
 * Keeps a state by `keep`, which says whether there was room. Where there is none for all earlier drawings, those that are the
 * oldest are left out: the drawing itself counts most. Returns whether it is kept.
 */
export function keepState(state: Omit<Kept, 'device'>, keep: (text: string) => boolean): boolean {
  return [PAST_KEPT, 5, 1, 0].some((count) =>
    keep(JSON.stringify({ ...state, past: count === 0 ? [] : state.past.slice(-count) })),
  );
}

/** A drawing of any JSON, field by field; undefined where it holds nothing of a drawing. Never throws. */
export function repairDrawing(json: unknown): Drawing | undefined {
  if (!isRecord(json)) return undefined;
  const { prompt, negativePrompt, objects, sampling, opened } = json;
  if (typeof prompt !== 'string' && typeof negativePrompt !== 'string' && !Array.isArray(objects)) {
    return undefined;
  }
  const entries: readonly unknown[] = Array.isArray(objects) ? objects.slice(0, MOST_OBJECTS) : [];
  return {
    prompt: textOf(prompt),
    negativePrompt: textOf(negativePrompt),
    objects: repairObjects(entries),
    ...(isRecord(sampling) ? { sampling: samplingOf(readSettings(sampling)) } : {}),
    ...(isRecord(sampling) && opened === true ? { opened } : {}),
  };
}

function repairObjects(entries: readonly unknown[]): readonly DrawnObject[] {
  const read: DrawnObject[] = [];
  for (const entry of entries) {
    const object = repairObject(entry, read);
    if (object) read.push(object);
  }
  return read;
}

/** An object with a usable box, or with a phrase, which gets a new place. */
function repairObject(given: unknown, others: readonly DrawnObject[]): DrawnObject | undefined {
  if (!isRecord(given)) return undefined;
  const phrase = textOf(given.phrase);
  const usable = repairBox(given.box);
  if (!usable && phrase.trim() === '') return undefined;
  const { id, colour, hold } = given;
  const isFree = typeof id === 'string' && id !== '' && others.every((other) => other.id !== id);
  return {
    id: isFree ? id : newId(),
    phrase,
    box: usable ?? placeForNew(others.map(({ box }) => box)),
    colour: isColour(colour) ? colour : nextColour(others),
    ...(isHold(hold) ? { hold } : {}),
  };
}

/** The box as it is, or clipped and turned into one; undefined where its corners are not four numbers. */
function repairBox(given: unknown): Box | undefined {
  try {
    return parseBox(given, 'box');
  } catch {
    if (!Array.isArray(given) || given.length !== 4 || !given.every(Number.isFinite)) return undefined;
    const [x0, y0, x1, y1] = given as [number, number, number, number];
    return boxBetween({ x: x0, y: y0 }, { x: x1, y: y1 });
  }
}

const isShare = (given: unknown): given is number => typeof given === 'number' && given >= 0 && given <= 1;

const isHold = (given: unknown): given is Hold =>
  Array.isArray(given) && given.length === 2 && given.every(isShare) && given[0] < given[1];

const textOf = (given: unknown): string => (typeof given === 'string' ? given : '');

const isRecord = (given: unknown): given is Readonly<Record<string, unknown>> =>
  typeof given === 'object' && given !== null && !Array.isArray(given);
