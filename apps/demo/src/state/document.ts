// A picture as a document: its layout and how it was sampled, in PNG files, links and JSON. The fields are those that the
// command writes beside its pictures.

import type { Layout } from '@spatiallock/core';
import { recordFields } from '@spatiallock/data';
import { parseUnfinished } from './drawing.js';
import { guiding, holding, layoutFields, uncontrolled } from './pluginSettings.js';
import { isUsable, type Limits, limits, type Sampling, samplingKeys } from './settings.js';

type Fields = Readonly<Record<string, unknown>>;

/** What a document says besides its layout and the settings that the page has, by the names that the command's records have. */
export type Extra = Fields;

export interface PictureDocument {
  readonly layout: Layout;
  /** What the document says of it. */
  readonly sampling: Partial<Sampling>;
  /** What is written again with its picture; undefined where there is nothing. */
  readonly extra?: Extra;
  /** What of the document could not be used. */
  readonly faults: readonly string[];
}

/** What the command calls settings that have another name here. */
const names: Partial<Record<keyof Sampling, string>> = {
  strength: holding.setting.name,
  guideStrength: guiding.setting.name,
};
const nameOf = (key: keyof Sampling): string => names[key] ?? key;

/** Settings of a record that the page has none for. */
const unsettable: readonly string[] = [
  ...[...uncontrolled, 'negativeObjects', 'width', 'height'],
  // Of records that were written before the field had its present name.
  'lateGuidance',
  ...recordFields.settings.filter((name) => !samplingKeys.some((key) => key === name)),
];
const fields: readonly string[] = [
  ...[...samplingKeys.map(nameOf), ...unsettable],
  ...[...recordFields.model, ...recordFields.beside],
];
const layoutNames: readonly string[] = [
  ...['prompt', 'negativePrompt', 'objects'],
  ...layoutFields.flatMap(({ layout = {}, lists = [] }) => [...Object.keys(layout), ...lists]),
];

/** Fields that tell which model painted a picture, over what, and whose it is. */
const origin: readonly string[] = [
  ...recordFields.model,
  ...['model', 'modelHash', 'imageHash', 'maskHash', 'pluginFiles', 'licence', 'source'],
];

export function documentJson(layout: Layout, sampling: Sampling, extra: Extra = {}): object {
  const settings = samplingKeys.map((key) => [nameOf(key), sampling[key]]);
  return { ...layout, ...Object.fromEntries(settings), ...extra };
}

/** What of any record can be said besides a layout. */
export const extraIn = (given: Fields): Extra =>
  Object.fromEntries(Object.entries(given).filter(([name]) => !layoutNames.includes(name)));

/**
 * Reads a layout, a link's or a picture's document, or a picture's record; throws an error that names the field at fault. What
 * the page would say itself of a picture painted now, `here`, is no fault.
 */
export function readDocument(json: unknown, here: Extra = {}): PictureDocument {
  const unknown = unknownIn(json);
  const {
    negativeObjects: _,
    width: __,
    height: ___,
    ...layout
  } = parseUnfinished(ofRecord(json), [...fields, ...unknown]);
  const given = json as Fields;
  const present = (names: readonly string[]) => names.filter((name) => given[name] !== undefined);
  const others = (names: readonly string[]) =>
    present(names).filter((name) => JSON.stringify(given[name]) !== JSON.stringify(here[name]));
  const sampled = samplingKeys.filter((key) => given[nameOf(key)] !== undefined);
  const usable = sampled.filter((key) => isUsable(key, given[nameOf(key)]));
  const unusable = sampled.filter((key) => !usable.includes(key));
  const extra = present([...unusable.map(nameOf), ...unsettable, ...origin, ...unknown]);
  const { model } = given;
  const isOther = typeof model === 'string' && typeof here.model === 'string' && model !== here.model;
  return {
    layout,
    sampling: Object.fromEntries(usable.map((key) => [key, given[nameOf(key)]])),
    ...(extra.length > 0 ? { extra: Object.fromEntries(extra.map((name) => [name, given[name]])) } : {}),
    faults: [
      ...unusable.map((key) => `${nameOf(key)}: ${demandOf(key)}; the one here stays`),
      ...others(unsettable).map((name) => `${name}: has no setting here, ${differently}`),
      ...(isOther ? [`model: ${model} painted it, and ${here.model} is open here, ${differently}`] : []),
      ...others(recordFields.model).map((name) => `${name}: is not opened with it, ${differently}`),
      ...present(unknown).map((name) => `${name}: is not known here, ${differently}`),
    ],
  };
}

const differently = 'so that the picture may come out differently';

/** What a picture says of plugins that the page does not have. In a layout that somebody wrote it is a slip, and refused. */
function unknownIn(json: unknown): readonly string[] {
  if (typeof json !== 'object' || json === null || typeof (json as Fields).model !== 'string') return [];
  return Object.keys(json).filter((name) => !fields.includes(name) && !layoutNames.includes(name));
}

function demandOf(key: keyof Sampling): string {
  const range = (limits as Partial<Record<keyof Sampling, Limits>>)[key];
  if (!range) return 'is not known here';
  const { min, max, step } = range;
  return `must be a ${step < 1 ? '' : 'whole '}number from ${min} to ${max}`;
}

/** A record says of each object also what was seen of it. */
function ofRecord(json: unknown): unknown {
  const { picture, objects } = (json ?? {}) as Fields;
  if (typeof picture !== 'string' || !Array.isArray(objects)) return json;
  const asked = objects.map((object: unknown) => {
    if (typeof object !== 'object' || object === null) return object;
    const { detector: _, ...rest } = object as Fields;
    return rest;
  });
  return { ...(json as Fields), objects: asked };
}
